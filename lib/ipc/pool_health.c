/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_internal.h"

/*
 * Whether workers answer, without harm to any. Who asks borrows no worker: a ping goes to one at rest,
 * which stays IDLE, and may be lent while it has not answered. The queue has room for a job behind the
 * ping, and whoever reads the worker's replies next, the supervisor or a borrower, knows the late
 * answer by its generation (pool_take_pong). Nobody is killed for being slower than somebody's
 * question; one that has not answered for SILENT_LIMIT_MS hangs, and is replaced.
 */
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/queue.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum {
    ASK_NEXT_MS = 20,        /* without an answer for so long, another worker is asked as well */
    SILENT_LIMIT_MS = 10000, /* how long one at rest may leave a ping unanswered: as long as a start */
};

bool pool_take_pong(struct slot *slot, struct reply_message *reply, size_t size)
{
    if (slot->ping == 0 || job_check_reply(reply, size, slot->ping, 0) != 0)
        return false;
    slot->ping = 0;
    return true;
}

static void ask(struct pool *pool, struct slot *slot)
{
    struct job_message ping = {
        .version = JOB_WIRE_VERSION,
        .kind = JOB_PING,
        .generation = ++slot->generation,
    };

    slot->ping = ping.generation;
    slot->pinged_us = clock_us();
    queue_send(slot->jobs_fd, &ping, sizeof(ping)); /* where that fails, no answer comes either */
    pool_wake_supervisor(pool); /* it listens, and judges */
}

/* Asks the worker that has rested least of those that have not been asked. */
static void ask_another(struct pool *pool)
{
    struct slot *slot = pool_find_idle(pool);

    if (slot != NULL && slot->ping == 0)
        ask(pool, slot);
}

/* A worker with a job counts while it is within its deadline, and nobody has stopped or killed it. */
static bool works(const struct slot *slot, int64_t now_us)
{
    return slot->state == SLOT_BUSY && now_us < slot->deadline_us &&
           process_check(&slot->process) == PROCESS_RUNS;
}

static bool any_answers(const struct pool *pool, int64_t since_us)
{
    int64_t now_us = clock_us();

    for (unsigned i = 0; i < pool->options.workers; i++) {
        const struct slot *slot = &pool->slots[i];
        bool lives = slot->state == SLOT_IDLE || slot->state == SLOT_BUSY;

        if ((lives && slot->heard_us >= since_us) || works(slot, now_us))
            return true;
    }
    return false;
}

static void wait_for_news(struct pool *pool, int64_t until_us)
{
    struct timespec at = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};

    pthread_cond_timedwait(&pool->heard, &pool->lock, &at);
}

bool pool_answers(struct pool *pool, int timeout_ms)
{
    int64_t asked_us = clock_us(), until_us = deadline_after_ms(timeout_ms);
    bool answers;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        answers = any_answers(pool, asked_us);
        if (answers || clock_us() >= until_us)
            break;
        ask_another(pool);
        wait_for_news(pool, deadline_earlier(until_us, deadline_after_ms(ASK_NEXT_MS)));
    }
    pthread_mutex_unlock(&pool->lock);
    return answers;
}

enum rest { RESTS, LIES, HANGS };

/* With the lock held. */
static enum rest listen_at_rest(struct pool *pool, struct slot *slot)
{
    _Alignas(struct reply_message) char message[JOB_MESSAGE_BYTES];
    struct reply_message reply;
    int size = queue_receive(slot->replies_fd, message, DEADLINE_NEVER);

    if (size < 0)
        return clock_us() >= pool_ping_limit_us(slot) ? HANGS : RESTS;
    memcpy(&reply, message, sizeof(reply));
    if (!pool_take_pong(slot, &reply, (size_t)size))
        return LIES;
    slot->heard_us = clock_us();
    pthread_cond_broadcast(&pool->heard);
    return RESTS;
}

int64_t pool_ping_limit_us(const struct slot *slot)
{
    return slot->ping == 0 ? DEADLINE_NEVER : slot->pinged_us + SILENT_LIMIT_MS * 1000LL;
}

void pool_hear(struct pool *pool, struct slot *slot)
{
    enum rest found = RESTS;

    pthread_mutex_lock(&pool->lock);
    if (slot->state == SLOT_IDLE && slot->ping != 0)
        found = listen_at_rest(pool, slot);
    if (found != RESTS) {
        pool->crashes += found == LIES;
        pool->kills += found == HANGS;
        pool_doom(pool, slot);
    }
    pthread_mutex_unlock(&pool->lock);
    if (found != RESTS)
        log_warning("worker %d %s at rest: killed", (int)slot->process.pid,
                    found == LIES ? "does not keep to the protocol" : "does not answer");
}
