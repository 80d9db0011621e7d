/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_internal.h"

/*
 * The thread that starts workers and buries them: the only one that forks (a worker's death signal
 * fires when the thread that forked it ends) and the only one that reaps. It owns the slots that
 * are EMPTY, STARTING or DOOMED and looks at each of them whenever something has happened.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/queue.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

enum {
    START_LIMIT_MS = 10000,  /* from exec to the hello */
    RETRY_FIRST_MS = 50,     /* after a failed start; doubles ... */
    RETRY_LONGEST_MS = 1000, /* ... up to this: a cause that is gone is soon noticed */
    STARTS_TO_GIVE_UP = 3,   /* in a row, before any worker was ever ready */
    TRIMS = 3,               /* an idle worker's warm pages go back so often ... */
    TRIM_AFTER_MS = 1000,    /* ... after so long, then four times, then sixteen times that ... */
    TRIM_KEEP_BYTES = 1 << 20, /* ... but for so many of either part of its region */
    STOPPED_LIMIT_MS = 1500, /* how long a worker may be stopped */
    REAP_LOOK_MS = 50,       /* how often a killed process that takes its time is looked at */
    WHY_BYTES = 128,         /* why a worker did not start */
    NOBODY = 65534,          /* the user and group of a root server's workers */
};

static enum slot_state state_of(struct pool *pool, const struct slot *slot)
{
    enum slot_state state;

    pthread_mutex_lock(&pool->lock);
    state = slot->state;
    pthread_mutex_unlock(&pool->lock);
    return state;
}

static void set_state(struct pool *pool, struct slot *slot, enum slot_state state)
{
    pthread_mutex_lock(&pool->lock);
    slot->state = state;
    pthread_mutex_unlock(&pool->lock);
}

/* Takes everything away that a process had; the slot may get another. */
static void clear_slot(struct slot *slot)
{
    process_kill(&slot->process);
    process_reap(&slot->process);
    slot->jobs_fd = close_fd(slot->jobs_fd);
    slot->replies_fd = close_fd(slot->replies_fd);
    region_clear(&slot->region);
    slot->generation = slot->ping = slot->jobs = 0;
    slot->stopped_since_us = 0;
    slot->put_down = false;
}

static int send_setup(const struct pool *pool, const struct slot *slot)
{
    const struct pool_options *options = &pool->options;
    uint32_t user = geteuid() == 0 ? NOBODY : 0;
    struct setup_message setup = {
        .version = JOB_WIRE_VERSION,
        .sandbox = options->sandbox,
        .max_memory_bytes = options->max_memory_bytes,
        .input_capacity = slot->region.input_capacity,
        .output_capacity = slot->region.output_capacity,
        .uid = user,
        .gid = user,
        .log_level = (uint32_t)options->log_level,
        .log_format = (uint32_t)options->log_format,
    };

    return queue_send(slot->jobs_fd, &setup, sizeof(setup));
}

/* Opens both queues, of which the slot gets its ends. 0, or -errno and `why`. */
static int open_queues(struct slot *slot, int *worker_jobs, int *worker_replies,
                       char why[static WHY_BYTES])
{
    struct queue_ends jobs = {-1, -1}, replies = {-1, -1};
    int error = queue_open(&jobs, QUEUE_TO_WORKER);

    if (error == 0) {
        slot->jobs_fd = jobs.server;
        *worker_jobs = jobs.worker;
        error = queue_open(&replies, QUEUE_TO_SERVER);
    }
    if (error != 0) {
        queue_explain(error, why, WHY_BYTES);
        return error;
    }
    slot->replies_fd = replies.server;
    *worker_replies = replies.worker;
    return 0;
}

/* Queues, memory, process, setup. 0, or -errno and `why`; what was made so far stays in the slot. */
static int spawn(struct pool *pool, struct slot *slot, char why[static WHY_BYTES])
{
    _cleanup_close_ int worker_jobs = -1, worker_replies = -1;
    int error = open_queues(slot, &worker_jobs, &worker_replies, why);

    if (error != 0)
        return error;
    error = region_new(&slot->region, pool->options.max_input_bytes,
                       pool->options.max_output_bytes);
    if (error != 0) {
        snprintf(why, WHY_BYTES, "shared memory: %s", strerrordesc_np(-error));
        return error;
    }
    error = process_spawn(&slot->process, pool->program,
                          (const int[3]){worker_jobs, worker_replies, slot->region.fd});
    if (error == 0)
        error = send_setup(pool, slot);
    if (error != 0)
        snprintf(why, WHY_BYTES, "%s", strerrordesc_np(-error));
    return error;
}

/* A start failed: the next try comes later, and a pool that never had a worker gives up. */
static void fail_start(struct pool *pool, struct slot *slot, int error, const char *why, bool final)
{
    int64_t pause_ms = (int64_t)RETRY_FIRST_MS << slot->failed_starts;
    bool tell;

    if (pause_ms > RETRY_LONGEST_MS)
        pause_ms = RETRY_LONGEST_MS;
    else
        slot->failed_starts++;
    clear_slot(slot);
    slot->start_at_us = deadline_after_ms(pause_ms);
    pthread_mutex_lock(&pool->lock);
    slot->state = SLOT_EMPTY;
    tell = pool->ready_once;
    if (!tell && (final || slot->failed_starts >= STARTS_TO_GIVE_UP)) {
        pool->start_error = error;
        snprintf(pool->why, sizeof(pool->why), "%s", why);
        pthread_cond_broadcast(&pool->started);
    }
    pthread_mutex_unlock(&pool->lock);
    if (tell)
        log_warning("a worker did not start: %s", why);
}

static void start(struct pool *pool, struct slot *slot)
{
    char why[WHY_BYTES];
    int error;

    if (clock_us() < slot->start_at_us)
        return;
    slot->start_at_us = clock_us();
    error = spawn(pool, slot, why);
    if (error == 0)
        set_state(pool, slot, SLOT_STARTING);
    else
        fail_start(pool, slot, error, why, false);
}

static void welcome(struct pool *pool, struct slot *slot, const struct reply_message *hello)
{
    int64_t took_us = clock_us() - slot->start_at_us;

    log_debug("worker %d is ready after %lld ms, walls 0x%x", (int)slot->process.pid,
              (long long)took_us / 1000, hello->facts);
    slot->failed_starts = 0;
    pthread_mutex_lock(&pool->lock);
    slot->facts = hello->facts;
    pool->start_estimate_us = pool_average(pool->start_estimate_us, took_us);
    pool->ready_once = true;
    slot->heard_us = clock_us();
    pthread_cond_broadcast(&pool->heard);
    pool_offer(pool, slot);
    pthread_cond_broadcast(&pool->started);
    pthread_mutex_unlock(&pool->lock);
}

/* Looks for the hello of a worker that is starting. */
static void await_hello(struct pool *pool, struct slot *slot)
{
    _Alignas(struct reply_message) char message[JOB_MESSAGE_BYTES];
    struct reply_message hello;
    int size = queue_receive(slot->replies_fd, message, DEADLINE_NEVER);

    if (size >= 0) {
        memcpy(&hello, message, sizeof(hello));
        if (job_check_reply(&hello, (size_t)size, 0, 0) != 0)
            fail_start(pool, slot, -EPROTO, "the worker program is of another build", true);
        else if (hello.status != 0)
            fail_start(pool, slot, -EPERM, hello.detail, true);
        else
            welcome(pool, slot, &hello);
    } else if (process_check(&slot->process) == PROCESS_DEAD) {
        struct process_death death = process_death(&slot->process);
        char why[96];

        snprintf(why, sizeof(why), "it ended before it was ready: %s", death.text);
        fail_start(pool, slot, -EPIPE, why, false);
    } else if (clock_us() >= slot->start_at_us + START_LIMIT_MS * 1000LL) {
        fail_start(pool, slot, -ETIMEDOUT, "it was not ready in time", false);
    }
}

/* An idle worker may die or be stopped without anybody asking it for something. A dead one is
 * reaped in the next round. */
static void check_idle(struct pool *pool, struct slot *slot)
{
    bool died;

    if (process_check(&slot->process) != PROCESS_DEAD)
        return;
    pthread_mutex_lock(&pool->lock);
    died = slot->state == SLOT_IDLE || slot->state == SLOT_ASIDE;
    if (died) {
        pool->crashes += !slot->put_down;
        pool_doom(pool, slot);
    }
    pthread_mutex_unlock(&pool->lock);
    if (died)
        log_warning("worker %d died at rest", (int)slot->process.pid);
}

/* When an idle worker's pages are given back next. Not once but thrice, ever later: some client may
 * take its time with an answer, whose memory is free only then. */
static int64_t next_trim_us(const struct slot *slot)
{
    if (slot->trims >= TRIMS)
        return DEADLINE_NEVER;
    return slot->idle_since_us + (TRIM_AFTER_MS * 1000LL << (2 * slot->trims));
}

/* The pages of a worker at rest go back, and those of the bodies and answers that went through this
 * process. The slot is borrowed meanwhile. */
static void trim_idle(struct pool *pool, struct slot *slot)
{
    int64_t idle_since_us;
    unsigned trims;
    bool due;

    pthread_mutex_lock(&pool->lock);
    due = slot->state == SLOT_IDLE && clock_us() >= next_trim_us(slot);
    idle_since_us = slot->idle_since_us;
    trims = slot->trims;
    if (due) {
        slot->state = SLOT_BUSY;
        slot->deadline_us = 0;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!due)
        return;
    region_trim(&slot->region, TRIM_KEEP_BYTES);
    malloc_trim(0);
    pthread_mutex_lock(&pool->lock);
    pool_offer(pool, slot);
    if (slot->state == SLOT_IDLE) {
        slot->idle_since_us = idle_since_us;
        slot->trims = trims + 1;
    }
    pthread_mutex_unlock(&pool->lock);
}

static void bury(struct pool *pool, struct slot *slot)
{
    process_kill(&slot->process);
    if (process_check(&slot->process) != PROCESS_DEAD)
        return;
    clear_slot(slot);
    slot->start_at_us = 0;
    set_state(pool, slot, SLOT_EMPTY);
    start(pool, slot);
}

static void look_at(struct pool *pool, struct slot *slot)
{
    switch (state_of(pool, slot)) {
    case SLOT_EMPTY:
        start(pool, slot);
        break;
    case SLOT_STARTING:
        await_hello(pool, slot);
        break;
    case SLOT_IDLE:
        check_idle(pool, slot);
        pool_hear(pool, slot);
        trim_idle(pool, slot);
        break;
    case SLOT_ASIDE:
        check_idle(pool, slot);
        pool_hear(pool, slot);
        break;
    case SLOT_BUSY:
        break;
    case SLOT_DOOMED:
        bury(pool, slot);
        break;
    }
}

/* Kills a worker that somebody else may have borrowed, who will see a death. */
static void put_down(struct pool *pool, struct slot *slot)
{
    bool counts;

    pthread_mutex_lock(&pool->lock);
    counts = slot->state != SLOT_DOOMED && !slot->put_down;
    slot->put_down = true;
    pool->kills += counts;
    pthread_mutex_unlock(&pool->lock);
    if (counts)
        log_warning("worker %d was stopped: killed", (int)slot->process.pid);
    process_kill(&slot->process);
}

/* Somebody sent SIGSTOP. A debugger may do so for a moment; a worker left like that would hold its
 * job up to the deadline. Killed, it loses nothing, for the job is tried again. Returns when to
 * look again. */
static int64_t watch_stopped(struct pool *pool, struct slot *slot)
{
    int64_t now = clock_us();

    if (slot->process.pidfd < 0 || process_check(&slot->process) != PROCESS_STOPPED) {
        slot->stopped_since_us = 0;
        return DEADLINE_NEVER;
    }
    if (slot->stopped_since_us == 0)
        slot->stopped_since_us = now;
    if (now < slot->stopped_since_us + STOPPED_LIMIT_MS * 1000LL)
        return slot->stopped_since_us + STOPPED_LIMIT_MS * 1000LL;
    put_down(pool, slot);
    return DEADLINE_NEVER;
}

/* When a slot needs a look even though nothing happens. */
static int64_t next_look_us(struct pool *pool, const struct slot *slot)
{
    int64_t at = DEADLINE_NEVER;

    pthread_mutex_lock(&pool->lock);
    if (slot->state == SLOT_EMPTY)
        at = slot->start_at_us;
    else if (slot->state == SLOT_STARTING)
        at = slot->start_at_us + START_LIMIT_MS * 1000LL;
    else if (slot->state == SLOT_IDLE)
        at = deadline_earlier(next_trim_us(slot), pool_patience_us(slot));
    else if (slot->state == SLOT_ASIDE)
        at = pool_patience_us(slot);
    else if (slot->state == SLOT_BUSY)
        at = deadline_after_ms(TRIM_AFTER_MS); /* nobody tells when it is idle again */
    else if (slot->state == SLOT_DOOMED)
        at = deadline_after_ms(REAP_LOOK_MS);
    pthread_mutex_unlock(&pool->lock);
    return at;
}

/* Whether the supervisor is the one to read what a worker says. */
static bool is_listened_to(struct pool *pool, const struct slot *slot)
{
    bool listened;

    pthread_mutex_lock(&pool->lock);
    listened = slot->state == SLOT_STARTING || slot->state == SLOT_ASIDE ||
               (slot->state == SLOT_IDLE && slot->ping != 0);
    pthread_mutex_unlock(&pool->lock);
    return listened;
}

static void sleep_until_something_happens(struct pool *pool)
{
    int64_t until = DEADLINE_NEVER;
    struct signalfd_siginfo signal;
    eventfd_t count;

    pool->polls[0] = (struct pollfd){.fd = pool->wake_fd, .events = POLLIN};
    pool->polls[1] = (struct pollfd){.fd = pool->signal_fd, .events = POLLIN};
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];

        pool->polls[POOL_POLLS + i] =
            (struct pollfd){.fd = is_listened_to(pool, slot) ? slot->replies_fd : -1, .events = POLLIN};
        until = deadline_earlier(until, next_look_us(pool, slot));
        until = deadline_earlier(until, watch_stopped(pool, slot));
    }
    poll(pool->polls, POOL_POLLS + pool->options.workers, deadline_poll_ms(until));
    eventfd_read(pool->wake_fd, &count);
    while (read(pool->signal_fd, &signal, sizeof(signal)) == sizeof(signal))
        ; /* whose it was is found out by looking at all */
}

static bool is_stopping(struct pool *pool)
{
    bool stopping;

    pthread_mutex_lock(&pool->lock);
    stopping = pool->stopping;
    pthread_mutex_unlock(&pool->lock);
    return stopping;
}

void *pool_supervise(void *argument)
{
    struct pool *pool = argument;

    while (!is_stopping(pool)) {
        for (unsigned i = 0; i < pool->options.workers; i++)
            look_at(pool, &pool->slots[i]);
        sleep_until_something_happens(pool);
    }
    for (unsigned i = 0; i < pool->options.workers; i++)
        clear_slot(&pool->slots[i]);
    return NULL;
}
