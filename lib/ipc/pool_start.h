/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/pool_state.h"

/* Starting workers, and clearing up after them; for the supervisor alone. */
enum { POOL_START_LIMIT_MS = 10000 }; /* from the start to the ready message */

/* Starts a worker in an EMPTY slot, unless it is too early for another try. */
void pool_start_worker(struct pool *pool, struct slot *slot);

/* Looks for the ready message of a worker that is STARTING; gives up after POOL_START_LIMIT_MS. */
void pool_await_ready(struct pool *pool, struct slot *slot);

/* Kills and reaps a slot's process, and frees all that belongs to it. */
void pool_clear_slot(struct slot *slot);
