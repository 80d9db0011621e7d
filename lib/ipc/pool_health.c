/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_health.h"

/*
 * Workers that are lent to nobody: whether they answer, and which of them may be lent again.
 *
 * Asking whether a worker answers borrows none: a ping goes to an idle worker, which stays IDLE,
 * and may be lent before it has answered. The queue has room for a job behind the ping, and whoever
 * reads the worker's replies next, the supervisor or a borrower, recognises the late answer by its
 * generation (pool_take_pong). No worker is killed for being slower than somebody's question; one
 * that has not answered for SILENT_LIMIT_MS hangs, and is replaced.
 *
 * A worker that is ASIDE owes a reply to a job that nobody waits for, or to a ping because it did
 * not fetch its job. The supervisor takes the reply, and lends the worker again.
 */
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/pool_queue.h"
#include "ipc/queue.h"

#include <errno.h>
#include <time.h>

enum {
    ASK_NEXT_MS = 20,        /* without an answer for so long, another worker is asked as well */
    SILENT_LIMIT_MS = 10000, /* how long an idle worker may leave a ping unanswered */
    ASIDE_LIMIT_MS = 2000,   /* the same for a worker that has not fetched a job either */
    PONG_US = 50,            /* of work to answer a ping: several times what it takes */
};

bool pool_take_pong(struct slot *slot, struct reply_message *reply, size_t size)
{
    if (slot->ping == 0 || job_check_reply(reply, size, slot->ping, 0) != 0)
        return false;
    slot->ping = 0;
    return true;
}

static void send_ping(struct pool *pool, struct slot *slot)
{
    struct job_message ping = {
        .version = JOB_WIRE_VERSION,
        .kind = JOB_PING,
        .generation = ++slot->generation,
    };

    slot->ping = ping.generation;
    slot->pinged_us = clock_us();
    /* If that fails, no answer will come. The supervisor waits for it. */
    queue_send(slot->jobs_fd, &ping, sizeof(ping));
    pool_wake_supervisor(pool);
}

/* Pings the worker that was busy last, of those that owe no answer. */
static void ping_another(struct pool *pool)
{
    struct slot *slot = pool_find_idle(pool);

    if (slot != NULL && slot->ping == 0)
        send_ping(pool, slot);
}

/* A worker with a job counts within the job's deadline, unless somebody stopped or killed it. */
static bool is_working(const struct slot *slot, int64_t now_us)
{
    return (slot->state == SLOT_BUSY || slot->state == SLOT_ASIDE) && now_us < slot->deadline_us &&
           process_check(&slot->process) == PROCESS_RUNS;
}

static bool any_answers(const struct pool *pool, int64_t since_us)
{
    int64_t now_us = clock_us();

    for (unsigned i = 0; i < pool->options.workers; i++) {
        const struct slot *slot = &pool->slots[i];
        bool lives = slot->state == SLOT_IDLE || slot->state == SLOT_BUSY;

        if ((lives && slot->heard_us >= since_us) || is_working(slot, now_us))
            return true;
    }
    return false;
}

static void wait_for_an_answer(struct pool *pool, int64_t until_us)
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
        ping_another(pool);
        wait_for_an_answer(pool, deadline_earlier(until_us, deadline_after_ms(ASK_NEXT_MS)));
    }
    pthread_mutex_unlock(&pool->lock);
    return answers;
}

enum finding { WELL, BREAKS_PROTOCOL, HANGS, LATE };

/* A reply to a job that nobody waits for. The lock is held. */
static enum finding take_abandoned_reply(struct pool *pool, struct slot *slot,
                                         struct reply_message *reply, size_t size)
{
    if (slot->state != SLOT_ASIDE || slot->awaited != slot->generation ||
        job_check_reply(reply, size, slot->generation, slot->region.output_capacity) != 0)
        return BREAKS_PROTOCOL;
    pool_settle(pool, slot, reply->spent != 0);
    return WELL;
}

/* Takes one message, if one has come. The lock is held. */
static enum finding take_message(struct pool *pool, struct slot *slot)
{
    union any_message message;
    int size = queue_receive(slot->replies_fd, &message, DEADLINE_NEVER);

    if (size < 0 && clock_us() < pool_patience_us(slot))
        return WELL;
    if (size < 0)
        return slot->deadline_us != 0 && slot->state == SLOT_ASIDE ? LATE : HANGS;
    if (!pool_take_pong(slot, &message.reply, (size_t)size))
        return take_abandoned_reply(pool, slot, &message.reply, (size_t)size);
    slot->heard_us = clock_us();
    slot->worked_us += PONG_US;
    pthread_cond_broadcast(&pool->heard);
    if (slot->state == SLOT_ASIDE && slot->awaited == message.reply.generation)
        pool_offer(pool, slot);
    return WELL;
}

int64_t pool_patience_us(const struct slot *slot)
{
    if (slot->state == SLOT_ASIDE)
        return slot->awaited_until_us;
    return slot->ping == 0 ? DEADLINE_NEVER : slot->pinged_us + SILENT_LIMIT_MS * 1000LL;
}

static void set_aside(struct pool *pool, struct slot *slot, uint64_t generation, int64_t until_us)
{
    slot->state = SLOT_ASIDE;
    slot->worked_aside = true;
    slot->awaited = generation;
    slot->awaited_until_us = until_us;
    pool_wake_supervisor(pool);
}

void pool_abandon(struct pool *pool, struct slot *slot, int64_t until_us)
{
    pthread_mutex_lock(&pool->lock);
    slot->deadline_us = until_us;
    set_aside(pool, slot, slot->generation, until_us);
    pthread_mutex_unlock(&pool->lock);
}

void pool_set_aside(struct pool *pool, struct slot *slot)
{
    pthread_mutex_lock(&pool->lock);
    if (slot->ping == 0)
        send_ping(pool, slot);
    slot->deadline_us = 0;
    set_aside(pool, slot, slot->ping, deadline_after_ms(ASIDE_LIMIT_MS));
    pthread_mutex_unlock(&pool->lock);
}

void pool_hear(struct pool *pool, struct slot *slot)
{
    enum finding found = WELL;

    pthread_mutex_lock(&pool->lock);
    if (slot->state == SLOT_ASIDE || (slot->state == SLOT_IDLE && slot->ping != 0))
        found = take_message(pool, slot);
    if (found == BREAKS_PROTOCOL)
        pool->exits[POOL_EXIT_PROTOCOL]++;
    else if (found != WELL && !slot->killed)
        pool->exits[found == LATE ? POOL_EXIT_ABANDONED : POOL_EXIT_SILENT]++;
    if (found != WELL)
        pool_retire(pool, slot);
    pthread_mutex_unlock(&pool->lock);
    if (found == BREAKS_PROTOCOL)
        log_warning("worker %d does not keep to the protocol: killed", (int)slot->process.pid);
    else if (found == HANGS)
        log_warning("worker %d does not come back to its queue: killed", (int)slot->process.pid);
}
