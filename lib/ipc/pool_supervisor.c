/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_state.h"

/*
 * The thread that starts workers and buries them: the only one that forks (a worker's death signal
 * fires when the thread that forked it ends) and the only one that reaps. It owns the slots that
 * are EMPTY, STARTING, ASIDE or DOOMED and looks at each of them whenever something has happened.
 */
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/queue.h"

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    TRIMS = 3,                 /* an idle worker's warm pages go back so often ... */
    TRIM_AFTER_MS = 1000,      /* ... after so long, then four times, then sixteen times that ... */
    TRIM_KEEP_BYTES = 1 << 20, /* ... but for so many of either part of its region */
    STOPPED_LIMIT_MS = 1500,   /* how long a worker may be stopped */
    REAP_LOOK_MS = 50,         /* how often a killed process that takes its time is looked at */
};

static enum slot_state state_of(struct pool *pool, const struct slot *slot)
{
    enum slot_state state;

    pthread_mutex_lock(&pool->lock);
    state = slot->state;
    pthread_mutex_unlock(&pool->lock);
    return state;
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
    pool_clear_slot(slot);
    slot->start_at_us = 0;
    pool_set_state(pool, slot, SLOT_EMPTY);
    pool_start_worker(pool, slot);
}

static void look_at(struct pool *pool, struct slot *slot)
{
    switch (state_of(pool, slot)) {
    case SLOT_EMPTY:
        pool_start_worker(pool, slot);
        break;
    case SLOT_STARTING:
        pool_await_ready(pool, slot);
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

/* Kills a worker that somebody else may have borrowed, who will see a death. One that nobody has
 * is lent no more. */
static void put_down(struct pool *pool, struct slot *slot, bool excessive, const char *why)
{
    bool counts;

    pthread_mutex_lock(&pool->lock);
    counts = slot->state != SLOT_DOOMED && !slot->put_down;
    slot->put_down = true;
    slot->excessive = excessive;
    pool->kills += counts;
    if (slot->state == SLOT_IDLE || slot->state == SLOT_ASIDE)
        pool_doom(pool, slot);
    pthread_mutex_unlock(&pool->lock);
    if (counts)
        log_warning("worker %d %s: killed", (int)slot->process.pid, why);
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
    put_down(pool, slot, false, "was stopped");
    return DEADLINE_NEVER;
}

/* Whether the slot has a worker that may have seen a picture, and what it has done. */
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

/* Threads and CPU time beyond what jobs ask for. Returns when to look again. */
static int64_t watch_use(struct pool *pool, struct slot *slot)
{
    char why[WORKER_WATCH_WHY_BYTES];
    struct worker_usage usage;
    struct worker_load load;

    if (clock_us() < worker_watch_next_us(&slot->watch))
        return worker_watch_next_us(&slot->watch);
    if (!find_load(pool, slot, &load))
        return DEADLINE_NEVER; /* what changes its state wakes this thread */
    worker_usage_read(&usage, slot->process.pid);
    if (!worker_watch_judge(&slot->watch, &usage, &load, clock_us(), why))
        put_down(pool, slot, true, why);
    return worker_watch_next_us(&slot->watch);
}

/* When a slot needs a look even though nothing happens. */
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
    struct pollfd *logs = pool->polls + POOL_POLLS + pool->options.workers;
    int64_t until = DEADLINE_NEVER, now = clock_us();
    struct signalfd_siginfo signal;
    eventfd_t count;

    pool->polls[0] = (struct pollfd){.fd = pool->wake_fd, .events = POLLIN};
    pool->polls[1] = (struct pollfd){.fd = pool->signal_fd, .events = POLLIN};
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];

        pool->polls[POOL_POLLS + i] = (struct pollfd){
            .fd = is_listened_to(pool, slot) ? slot->replies_fd : -1,
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
        for (unsigned i = 0; i < pool->options.workers; i++) {
            worker_log_read(&pool->slots[i].log, clock_us());
            look_at(pool, &pool->slots[i]);
        }
        sleep_until_something_happens(pool);
    }
    for (unsigned i = 0; i < pool->options.workers; i++)
        pool_clear_slot(&pool->slots[i]);
    return NULL;
}
