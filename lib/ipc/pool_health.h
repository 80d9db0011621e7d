/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/pool_state.h"

/* Workers that are lent to nobody: whether they answer. */

/* Whether a message of `size` bytes is the answer to the slot's ping, which is then settled. Only
 * the slot's owner may call it. */
bool pool_take_pong(struct slot *slot, struct reply_message *reply, size_t size);

/* Both set a borrowed worker aside until it answers: pool_abandon() the job that it has, by
 * until_us at the latest; pool_set_aside() a ping, where it has not fetched its job. */
void pool_abandon(struct pool *pool, struct slot *slot, int64_t until_us);
void pool_set_aside(struct pool *pool, struct slot *slot);

/* For the supervisor: takes what an idle worker or one set aside has answered, and retires it where
 * that breaks the protocol, or has not come by pool_patience_us(). */
void pool_hear(struct pool *pool, struct slot *slot);
int64_t pool_patience_us(const struct slot *slot);
