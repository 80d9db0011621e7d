/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/pool_state.h"

/* Lending workers to jobs, and taking them back: whose turn it is. pool_queue.c opens with how that
 * is decided. */

/* Borrows an idle worker, or waits for one. `front`: before all who wait, and however many they
 * are. 0 and *slot; STATUS_OVERLOADED (and *why, or NULL), STATUS_DEADLINE_EXCEEDED,
 * STATUS_CLIENT_GONE, or -errno. */
int pool_borrow(struct pool *pool, const struct pool_job *job, bool front, struct slot **slot,
                const char **why);

/* With the lock held: pool_offer() hands a slot to the job whose turn it is, or makes it idle;
 * pool_retire() gives it to the supervisor, to be replaced. Both charge the slot's job, if any, to
 * its client, pool_retire() also the start of another worker. */
void pool_offer(struct pool *pool, struct slot *slot);
void pool_retire(struct pool *pool, struct slot *slot);

/* Gives back a worker that has answered a job; replaces it where it has had its max_jobs, or
 * reports that it is spent (reply_message.spent). pool_settle() does the same with the lock held,
 * for a job that nobody waited for: it does not count the time. */
void pool_return(struct pool *pool, struct slot *slot, int64_t work_us, bool spent);
void pool_settle(struct pool *pool, struct slot *slot, bool spent);

/* Frees all clients, once nobody waits and no worker is lent. */
void pool_forget_clients(struct pool *pool);
