/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_start.h"

/* From an empty slot to a worker's ready message, and what to do where a worker does not get
 * there. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/pool_queue.h"
#include "ipc/queue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    RETRY_FIRST_MS = 50,     /* after a failed start; doubles ... */
    RETRY_LONGEST_MS = 1000, /* ... up to this: it works soon after the cause is gone */
    STARTS_TO_GIVE_UP = 3,   /* in a row, before any worker was ever ready */
    WHY_BYTES = 128,         /* why a worker did not start */
};

void pool_clear_slot(struct slot *slot)
{
    process_kill(&slot->process);
    process_reap(&slot->process);
    worker_log_close(&slot->log, clock_us());
    slot->jobs_fd = close_fd(slot->jobs_fd);
    slot->replies_fd = close_fd(slot->replies_fd);
    region_clear(&slot->region);
    slot->generation = slot->ping = slot->jobs = 0;
    slot->stopped_since_us = 0;
    slot->killed = slot->excessive = false;
    slot->watch = (struct worker_watch){0};
}

static int send_setup(const struct pool *pool, const struct slot *slot)
{
    const struct pool_options *options = &pool->options;
    struct setup_message setup = {
        .version = JOB_WIRE_VERSION,
        .sandbox = options->sandbox,
        .max_memory_bytes = options->max_memory_bytes,
        .input_capacity = slot->region.input_capacity,
        .output_capacity = slot->region.output_capacity,
        .first_user = options->first_user,
        .users = options->users,
        .user_index = (uint32_t)(slot - pool->slots),
        .log_level = (uint32_t)options->log_level,
    };

    return queue_send(slot->jobs_fd, &setup, sizeof(setup));
}

/* Opens both queues; the slot gets the server's ends. 0, or -errno and `why`. */
static int open_queues(struct slot *slot, int *worker_jobs, int *worker_replies,
                       char why[static WHY_BYTES])
{
    struct queue_ends jobs = {-1, -1}, replies = {-1, -1};
    int status = queue_open(&jobs, QUEUE_TO_WORKER);

    if (status == 0) {
        slot->jobs_fd = jobs.server;
        *worker_jobs = jobs.worker;
        status = queue_open(&replies, QUEUE_TO_SERVER);
    }
    if (status != 0) {
        queue_explain(status, why, WHY_BYTES);
        return status;
    }
    slot->replies_fd = replies.server;
    *worker_replies = replies.worker;
    return 0;
}

/* Makes queues, memory, pipe and process, and sends the setup. 0, or -errno and `why`; what was
 * made so far stays in the slot. */
static int spawn_worker(struct pool *pool, struct slot *slot, char why[static WHY_BYTES])
{
    _cleanup_close_ int worker_jobs = -1, worker_replies = -1, worker_log = -1;
    int status = open_queues(slot, &worker_jobs, &worker_replies, why);

    if (status != 0)
        return status;
    status =
        region_new(&slot->region, pool->options.max_input_bytes, pool->options.max_output_bytes);
    if (status != 0) {
        snprintf(why, WHY_BYTES, "shared memory: %s", strerrordesc_np(-status));
        return status;
    }
    status = worker_log_open(&slot->log, pool->program, &pool->log_budget, &worker_log);
    if (status == 0)
        status =
            process_spawn(&slot->process, pool->program,
                          (const int[]){worker_jobs, worker_replies, slot->region.fd, worker_log});
    slot->log.pid = slot->process.pid;
    if (status == 0)
        status = send_setup(pool, slot);
    if (status != 0)
        snprintf(why, WHY_BYTES, "%s", strerrordesc_np(-status));
    return status;
}

/* Whether any worker is starting. With the lock held. */
static bool is_any_starting(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++)
        if (pool->slots[i].state == SLOT_STARTING)
            return true;
    return false;
}

/* Schedules the next try. A pool that never had a worker, and has none starting, gives up after
 * some tries, or at once after a `final` failure. */
static void fail_start(struct pool *pool, struct slot *slot, int status, const char *why,
                       bool final)
{
    int64_t pause_ms = (int64_t)RETRY_FIRST_MS << slot->failed_starts;
    bool had_workers;

    if (pause_ms > RETRY_LONGEST_MS)
        pause_ms = RETRY_LONGEST_MS;
    else
        slot->failed_starts++;
    pool_clear_slot(slot);
    slot->start_at_us = deadline_after_ms(pause_ms);
    pthread_mutex_lock(&pool->lock);
    pool->exits[POOL_EXIT_START]++;
    slot->state = SLOT_EMPTY;
    had_workers = pool->ready_once;
    if (!had_workers &&
        (final || (slot->failed_starts >= STARTS_TO_GIVE_UP && !is_any_starting(pool)))) {
        pool->start_error = status;
        snprintf(pool->why, sizeof(pool->why), "%s", why);
        pthread_cond_broadcast(&pool->started);
    }
    pthread_mutex_unlock(&pool->lock);
    if (had_workers)
        log_warning("a worker did not start: %s", why);
}

void pool_start_worker(struct pool *pool, struct slot *slot)
{
    char why[WHY_BYTES];
    int status;

    if (clock_us() < slot->start_at_us)
        return;
    slot->start_at_us = clock_us();
    status = spawn_worker(pool, slot, why);
    if (status == 0)
        pool_set_state(pool, slot, SLOT_STARTING);
    else
        fail_start(pool, slot, status, why, false);
}

static void finish_start(struct pool *pool, struct slot *slot, const struct ready_message *ready)
{
    int64_t took_us = clock_us() - slot->start_at_us;

    log_debug("worker %d is ready after %lld ms, sandbox layers 0x%x", (int)slot->process.pid,
              (long long)took_us / 1000, ready->layers);
    slot->failed_starts = 0;
    pthread_mutex_lock(&pool->lock);
    slot->layers = ready->layers;
    pool->start_estimate_us = pool_average(pool->start_estimate_us, took_us);
    pool->ready_once = true;
    slot->heard_us = clock_us();
    pthread_cond_broadcast(&pool->heard);
    pool_offer(pool, slot);
    pthread_cond_broadcast(&pool->started);
    pthread_mutex_unlock(&pool->lock);
}

void pool_await_ready(struct pool *pool, struct slot *slot)
{
    union any_message message;
    int size = queue_receive(slot->replies_fd, &message, DEADLINE_NEVER);

    if (size >= 0) {
        if (job_check_ready(&message.ready, (size_t)size) != 0)
            fail_start(pool, slot, -EPROTO, "the worker program is of another build", true);
        else if (message.ready.status != 0)
            fail_start(pool, slot, -EPERM, message.ready.detail, true);
        else
            finish_start(pool, slot, &message.ready);
    } else if (process_check(&slot->process) == PROCESS_DEAD) {
        struct process_death death = process_death(&slot->process);
        char why[96];

        snprintf(why, sizeof(why), "it ended before it was ready: %s", death.text);
        fail_start(pool, slot, -EPIPE, why, false);
    } else if (clock_us() >= slot->start_at_us + POOL_START_LIMIT_MS * 1000LL) {
        fail_start(pool, slot, -ETIMEDOUT, "it was not ready in time", false);
    }
}
