/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_supervisor.h"

/*
 * The thread that starts and reaps workers. No other thread forks, because a worker's death signal
 * fires when the thread that forked it ends, and no other thread reaps. It owns the slots that are
 * EMPTY, STARTING, ASIDE or RETIRED, and looks at each slot whenever something has happened.
 */
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/pool_health.h"
#include "ipc/pool_queue.h"
#include "ipc/pool_start.h"

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    TRIMS = 3,                 /* how often an idle worker's warm pages are given back ... */
    TRIM_AFTER_MS = 1000,      /* ... after this time, then 4 times, then 16 times that ... */
    TRIM_KEEP_BYTES = 1 << 20, /* ... except for the first bytes of either part of its region */
    STOPPED_LIMIT_MS = 1500,   /* how long a worker may be stopped */
    REAP_LOOK_MS = 50,         /* between two looks at a killed process that has not died yet */
};

/* Retires a worker that died without a job; it is reaped in the next round. */
static void check_unused(struct pool *pool, struct slot *slot)
{
    struct process_death death;
    bool died;

    if (process_check(&slot->process) != PROCESS_DEAD)
        return;
    death = process_death(&slot->process);
    pthread_mutex_lock(&pool->lock);
    died = slot->state == SLOT_IDLE || slot->state == SLOT_ASIDE;
    if (died) {
        if (!slot->killed)
            pool->exits[death.by_sigkill ? POOL_EXIT_KILLED : POOL_EXIT_CRASHED]++;
        pool_retire(pool, slot);
    }
    pthread_mutex_unlock(&pool->lock);
    if (died)
        log_warning("worker %d died at rest", (int)slot->process.pid);
}

/* When to give back an idle worker's pages next. More than once, at growing intervals, because the
 * memory of an answer is free only once a slow client has taken it. */
static int64_t next_trim_us(const struct slot *slot)
{
    if (slot->trims >= TRIMS)
        return DEADLINE_NEVER;
    return slot->idle_since_us + (TRIM_AFTER_MS * 1000LL << (2 * slot->trims));
}

/* Gives back the pages of an idle worker, and those of the bodies and answers that went through
 * this process. Borrows the slot meanwhile. */
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

/* Reaps the process once it is dead, and starts another. */
static void reap_retired(struct pool *pool, struct slot *slot)
{
    process_kill(&slot->process);
    if (process_check(&slot->process) != PROCESS_DEAD)
        return;
    pool_clear_slot(slot);
    slot->start_at_us = 0;
    pool_set_state(pool, slot, SLOT_EMPTY);
    pool_start_worker(pool, slot);
}

static void look_at_slot(struct pool *pool, struct slot *slot)
{
    switch (pool_get_state(pool, slot)) {
    case SLOT_EMPTY:
        pool_start_worker(pool, slot);
        break;
    case SLOT_STARTING:
        pool_await_ready(pool, slot);
        break;
    case SLOT_IDLE:
        check_unused(pool, slot);
        pool_hear(pool, slot);
        trim_idle(pool, slot);
        break;
    case SLOT_ASIDE:
        check_unused(pool, slot);
        pool_hear(pool, slot);
        break;
    case SLOT_BUSY:
        break;
    case SLOT_RETIRED:
        reap_retired(pool, slot);
        break;
    }
}

/* Kills a worker. If a job has borrowed it, the borrower sees a death; otherwise it is retired
 * here. */
static void kill_worker(struct pool *pool, struct slot *slot, enum pool_exit reason,
                        const char *why)
{
    bool counts;

    pthread_mutex_lock(&pool->lock);
    counts = slot->state != SLOT_RETIRED && !slot->killed;
    slot->killed = true;
    slot->excessive = reason == POOL_EXIT_EXCESSIVE;
    pool->exits[reason] += counts;
    if (slot->state == SLOT_IDLE || slot->state == SLOT_ASIDE)
        pool_retire(pool, slot);
    pthread_mutex_unlock(&pool->lock);
    if (counts)
        log_warning("worker %d %s: killed", (int)slot->process.pid, why);
    process_kill(&slot->process);
}

/* Kills a worker that somebody stopped (SIGSTOP) and left stopped; a debugger may do so for a
 * moment. Its job would wait until the deadline, and is tried again instead. Returns when to look
 * again. */
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
    kill_worker(pool, slot, POOL_EXIT_STOPPED, "was stopped");
    return DEADLINE_NEVER;
}

/* Whether the slot has a worker that may have seen an image, and how busy it was. */
static bool find_load(struct pool *pool, struct slot *slot, struct worker_load *load)
{
    bool lives;

    pthread_mutex_lock(&pool->lock);
    lives = slot->state == SLOT_IDLE || slot->state == SLOT_BUSY || slot->state == SLOT_ASIDE;
    load->working = slot->state != SLOT_IDLE || slot->worked_aside;
    load->worked_us = slot->worked_us;
    slot->worked_aside = false;
    pthread_mutex_unlock(&pool->lock);
    return lives;
}

/* Kills a worker with more threads or CPU time than jobs need. Returns when to look again. */
static int64_t watch_use(struct pool *pool, struct slot *slot)
{
    char why[WORKER_WATCH_WHY_BYTES];
    struct worker_usage usage;
    struct worker_load load;

    if (clock_us() < worker_watch_next_us(&slot->watch))
        return worker_watch_next_us(&slot->watch);
    if (!find_load(pool, slot, &load))
        return DEADLINE_NEVER; /* a change of its state wakes this thread */
    worker_usage_read(&usage, slot->process.pid);
    if (!worker_watch_check(&slot->watch, &usage, &load, clock_us(), why))
        kill_worker(pool, slot, POOL_EXIT_EXCESSIVE, why);
    return worker_watch_next_us(&slot->watch);
}

/* When to look at a slot again if nothing happens. */
static int64_t next_look_us(struct pool *pool, const struct slot *slot)
{
    int64_t at = DEADLINE_NEVER;

    pthread_mutex_lock(&pool->lock);
    if (slot->state == SLOT_EMPTY)
        at = slot->start_at_us;
    else if (slot->state == SLOT_STARTING)
        at = slot->start_at_us + POOL_START_LIMIT_MS * 1000LL;
    else if (slot->state == SLOT_IDLE)
        at = deadline_earlier(next_trim_us(slot), pool_patience_us(slot));
    else if (slot->state == SLOT_ASIDE)
        at = pool_patience_us(slot);
    else if (slot->state == SLOT_BUSY)
        at = deadline_after_ms(TRIM_AFTER_MS); /* nothing wakes this thread when it is idle again */
    else if (slot->state == SLOT_RETIRED)
        at = deadline_after_ms(REAP_LOOK_MS);
    pthread_mutex_unlock(&pool->lock);
    return at;
}

/* Whether the supervisor, and not a borrower, reads this worker's replies. */
static bool is_read_here(struct pool *pool, const struct slot *slot)
{
    bool read_here;

    pthread_mutex_lock(&pool->lock);
    read_here = slot->state == SLOT_STARTING || slot->state == SLOT_ASIDE ||
                (slot->state == SLOT_IDLE && slot->ping != 0);
    pthread_mutex_unlock(&pool->lock);
    return read_here;
}

static void sleep_until_something_happens(struct pool *pool)
{
    struct pollfd *logs = pool->polls + POOL_POLLS + pool->options.workers;
    int64_t until = DEADLINE_NEVER, now = clock_us();
    struct signalfd_siginfo signal;
    eventfd_t count;

    pool->polls[0] = (struct pollfd){.fd = pool->wake_fd, .events = POLLIN};
    pool->polls[1] = (struct pollfd){.fd = pool->signal_fd, .events = POLLIN};
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];

        pool->polls[POOL_POLLS + i] = (struct pollfd){
            .fd = is_read_here(pool, slot) ? slot->replies_fd : -1,
            .events = POLLIN,
        };
        until = deadline_earlier(until, next_look_us(pool, slot));
        until = deadline_earlier(until, watch_stopped(pool, slot));
        logs[i] = (struct pollfd){
            .fd = worker_log_poll_fd(&slot->log, now),
            .events = POLLIN,
        };
        until = deadline_earlier(until, worker_log_next_us(&slot->log, now));
        until = deadline_earlier(until, watch_use(pool, slot));
    }
    poll(pool->polls, POOL_POLLS + 2 * pool->options.workers, deadline_poll_ms(until));
    eventfd_read(pool->wake_fd, &count);
    while (read(pool->signal_fd, &signal, sizeof(signal)) == sizeof(signal))
        ; /* the next round looks at every worker */
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
        for (unsigned i = 0; i < pool->options.workers; i++) {
            worker_log_read(&pool->slots[i].log, clock_us());
            look_at_slot(pool, &pool->slots[i]);
        }
        sleep_until_something_happens(pool);
    }
    for (unsigned i = 0; i < pool->options.workers; i++)
        pool_clear_slot(&pool->slots[i]);
    return NULL;
}
