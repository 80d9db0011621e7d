/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_state.h"

#include <sys/eventfd.h>

/* The share of one value in a moving average: an eighth. */
enum { ESTIMATE_SHARE = 8 };

void pool_wake_supervisor(struct pool *pool)
{
    eventfd_write(pool->wake_fd, 1);
}

void pool_set_state(struct pool *pool, struct slot *slot, enum slot_state state)
{
    pthread_mutex_lock(&pool->lock);
    slot->state = state;
    pthread_mutex_unlock(&pool->lock);
}

enum slot_state pool_get_state(struct pool *pool, const struct slot *slot)
{
    enum slot_state state;

    pthread_mutex_lock(&pool->lock);
    state = slot->state;
    pthread_mutex_unlock(&pool->lock);
    return state;
}

/* A worker that owes an answer may hang, and is lent last; otherwise the warmest memory is best. */
static bool is_better(const struct slot *a, const struct slot *b)
{
    if ((a->ping == 0) != (b->ping == 0))
        return a->ping == 0;
    return a->idle_since_us > b->idle_since_us;
}

struct slot *pool_find_idle(const struct pool *pool)
{
    struct slot *best = NULL;

    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];

        if (slot->state == SLOT_IDLE && (best == NULL || is_better(slot, best)))
            best = slot;
    }
    return best;
}

int64_t pool_average(int64_t average, int64_t value)
{
    return average == 0 ? value : average + (value - average) / ESTIMATE_SHARE;
}
