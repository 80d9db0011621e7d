/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/timeouts.h"

/*
 * libmicrohttpd's own timeout counts inactivity in whole seconds: a client that sends a byte every
 * second keeps its thread for ever. So one thread of ours, the watchdog, knows the phase of each
 * connection and when that phase must end.
 *
 *     IDLE -> HEADERS -> BODY -> HANDLER -> REPLY -> IDLE -> ...
 *       |        \________/                   |
 *       |            v                        |      408 is written, then a moment to read it
 *       |          HANGUP                     |
 *       v            v                        v
 *       +--------> CLOSED <-------------------+      the socket is shut down both ways, which
 *                                                    wakes the connection's thread; it closes
 *
 * Locks: timeouts->mutex guards the list, watch->mutex one connection. A thread that needs both
 * takes the list's first. The connection's thread takes only its own, without contention.
 *
 * A descriptor number may be reused as soon as it is closed. The watchdog touches a socket only
 * under the watch's mutex and while the watch is in the list; libmicrohttpd closes a socket only
 * after it has notified us (NOTIFY_CLOSED), where timeouts_remove takes the watch off the list.
 *
 * In BODY and REPLY it also checks the rate once a second (rate.h). So it wakes every second while
 * there are connections: that costs less than a wake-up by each request for its first check.
 *
 * The watchdog sleeps until the earliest deadline. A thread that sets an earlier one wakes it:
 * wake_us is "never" from before a scan until the watchdog sleeps, so that a deadline set during
 * the scan wakes it too.
 */
#include "base/deadline.h"
#include "http/rate.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct watch {
    struct watch *previous, *next;
    pthread_mutex_t mutex;
    int fd;
    enum phase phase;
    bool used;           /* a request line has come */
    int64_t since_us;    /* when PHASE_IDLE last began */
    int64_t deadline_us; /* when the watchdog looks at it next */
    int64_t end_us;      /* of the phase */
    int64_t progress_us; /* of a reply: by then the peer must have taken more */
    uint64_t taken;      /* bytes that the peer had taken by the last look */
    int64_t look_us;     /* when to look at the rate */
    struct rate rate;    /* of a body or a reply */
    void *argument;
};

struct timeouts {
    struct timeouts_options options; /* but for its limits, which are these: */
    _Atomic int64_t idle_ms, body_ms, reply_ms, min_bytes_per_s;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct watch *first;
    _Atomic int64_t wake_us;
    atomic_bool draining;
    bool stopping;
};

static void set_phase(struct watch *watch, enum phase phase, int64_t deadline_us)
{
    watch->phase = phase;
    watch->end_us = watch->deadline_us = deadline_us;
}

static void shut_down(struct watch *watch)
{
    shutdown(watch->fd, SHUT_RDWR);
    set_phase(watch, PHASE_CLOSED, DEADLINE_NEVER);
}

/* Also discards what the kernel holds for the peer: megabytes, which a peer that takes them byte by
 * byte would keep there for hours. Closing then resets the connection. */
static void break_off(struct watch *watch)
{
    const struct linger discard = {.l_onoff = 1, .l_linger = 0};

    setsockopt(watch->fd, SOL_SOCKET, SO_LINGER, &discard, sizeof(discard));
    shut_down(watch);
}

/* Checks the rate when it is time to; whether it is too low. */
static bool is_too_slow(const struct timeouts *timeouts, struct watch *watch)
{
    enum rate_direction direction = watch->phase == PHASE_BODY ? RATE_RECEIVED : RATE_TAKEN;

    if (clock_us() < watch->look_us)
        return false;
    watch->look_us = deadline_after_ms(RATE_LOOK_MS);
    return rate_is_below(&watch->rate, watch->fd, direction,
                         atomic_load(&timeouts->min_bytes_per_s));
}

/* A reply may be slow as long as the client takes some of it. */
static bool makes_no_progress(struct timeouts *timeouts, struct watch *watch)
{
    uint64_t taken = watch->taken;
    bool none;

    if (clock_us() < watch->progress_us)
        return false;
    none = rate_bytes(watch->fd, RATE_TAKEN, &taken) && taken == watch->taken;
    watch->taken = taken;
    watch->progress_us = deadline_after_ms(atomic_load(&timeouts->idle_ms));
    return none;
}

/* When to look at a body or a reply next. */
static void set_look(struct watch *watch)
{
    watch->deadline_us = deadline_earlier(watch->end_us, watch->look_us);
    if (watch->phase == PHASE_REPLY)
        watch->deadline_us = deadline_earlier(watch->deadline_us, watch->progress_us);
}

static void refuse_late(struct timeouts *timeouts, struct watch *watch, enum lateness lateness)
{
    timeouts->options.expired(watch->argument, lateness);
    shutdown(watch->fd, SHUT_WR);
    set_phase(watch, PHASE_HANGUP, deadline_after_ms(timeouts->options.hangup_ms));
}

static void look_at_body(struct timeouts *timeouts, struct watch *watch)
{
    if (clock_us() >= watch->end_us)
        refuse_late(timeouts, watch, LATE_BODY);
    else if (is_too_slow(timeouts, watch))
        refuse_late(timeouts, watch, SLOW_BODY);
    else
        set_look(watch);
}

static void look_at_reply(struct timeouts *timeouts, struct watch *watch)
{
    if (clock_us() >= watch->end_us || is_too_slow(timeouts, watch) ||
        makes_no_progress(timeouts, watch))
        break_off(watch);
    else
        set_look(watch);
}

static void expire(struct timeouts *timeouts, struct watch *watch)
{
    switch (watch->phase) {
    case PHASE_HEADERS:
        refuse_late(timeouts, watch, LATE_HEADERS);
        break;
    case PHASE_BODY:
        look_at_body(timeouts, watch);
        break;
    case PHASE_REPLY:
        look_at_reply(timeouts, watch);
        break;
    case PHASE_IDLE:
        if (rate_is_silent(watch->fd))
            shut_down(watch);
        else /* a request has come that we have not read yet */
            set_phase(watch, PHASE_IDLE, deadline_after_ms(timeouts->options.hangup_ms));
        break;
    case PHASE_HANGUP:
        shut_down(watch);
        break;
    case PHASE_HANDLER:
    case PHASE_CLOSED:
        break;
    }
}

/* Expires what is due; returns the earliest deadline of the rest. */
static int64_t scan(struct timeouts *timeouts)
{
    int64_t earliest = DEADLINE_NEVER;

    if (timeouts->first != NULL && atomic_load(&timeouts->min_bytes_per_s) > 0)
        earliest = deadline_after_ms(RATE_LOOK_MS);
    for (struct watch *watch = timeouts->first; watch != NULL; watch = watch->next) {
        pthread_mutex_lock(&watch->mutex);
        if (watch->deadline_us <= clock_us())
            expire(timeouts, watch);
        earliest = deadline_earlier(earliest, watch->deadline_us);
        pthread_mutex_unlock(&watch->mutex);
    }
    return earliest;
}

static void *watchdog(void *argument)
{
    struct timeouts *timeouts = argument;
    struct timespec until;
    int64_t earliest;

    pthread_mutex_lock(&timeouts->mutex);
    while (!timeouts->stopping) {
        atomic_store(&timeouts->wake_us, DEADLINE_NEVER);
        earliest = scan(timeouts);
        atomic_store(&timeouts->wake_us, earliest);
        until = (struct timespec){earliest / 1000000, earliest % 1000000 * 1000};
        if (earliest == DEADLINE_NEVER)
            pthread_cond_wait(&timeouts->wake, &timeouts->mutex);
        else
            pthread_cond_timedwait(&timeouts->wake, &timeouts->mutex, &until);
    }
    pthread_mutex_unlock(&timeouts->mutex);
    return NULL;
}

int timeouts_new(struct timeouts **timeouts, const struct timeouts_options *options)
{
    struct timeouts *created = calloc(1, sizeof(*created));
    pthread_condattr_t monotonic;
    int status;

    if (created == NULL)
        return -ENOMEM;
    created->options = *options;
    timeouts_change(created, &options->limits);
    created->wake_us = DEADLINE_NEVER;
    pthread_mutex_init(&created->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&created->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    status = -pthread_create(&created->thread, NULL, watchdog, created);
    if (status != 0) {
        free(created);
        return status;
    }
    *timeouts = created;
    return 0;
}

void timeouts_change(struct timeouts *timeouts, const struct timeouts_limits *limits)
{
    atomic_store(&timeouts->idle_ms, limits->idle_ms);
    atomic_store(&timeouts->body_ms, limits->body_ms);
    atomic_store(&timeouts->reply_ms, limits->reply_ms);
    atomic_store(&timeouts->min_bytes_per_s, limits->min_bytes_per_s);
}

struct timeouts *timeouts_free(struct timeouts *timeouts)
{
    if (timeouts == NULL)
        return NULL;
    pthread_mutex_lock(&timeouts->mutex);
    timeouts->stopping = true;
    pthread_cond_signal(&timeouts->wake);
    pthread_mutex_unlock(&timeouts->mutex);
    pthread_join(timeouts->thread, NULL);
    pthread_cond_destroy(&timeouts->wake);
    pthread_mutex_destroy(&timeouts->mutex);
    free(timeouts);
    return NULL;
}

struct watch *timeouts_add(struct timeouts *timeouts, int fd)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL)
        return NULL;
    pthread_mutex_init(&watch->mutex, NULL);
    watch->fd = fd;
    watch->deadline_us = DEADLINE_NEVER;
    pthread_mutex_lock(&timeouts->mutex);
    watch->next = timeouts->first;
    if (watch->next != NULL)
        watch->next->previous = watch;
    timeouts->first = watch;
    pthread_mutex_unlock(&timeouts->mutex);
    timeouts_enter(timeouts, watch, PHASE_IDLE, NULL);
    return watch;
}

void timeouts_remove(struct timeouts *timeouts, struct watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&timeouts->mutex);
    if (watch->previous != NULL)
        watch->previous->next = watch->next;
    else
        timeouts->first = watch->next;
    if (watch->next != NULL)
        watch->next->previous = watch->previous;
    pthread_mutex_unlock(&timeouts->mutex);
    pthread_mutex_destroy(&watch->mutex);
    free(watch);
}

/* While draining, a connection may send its first request, but no further one. */
static void begin_idle(const struct timeouts *timeouts, struct watch *watch)
{
    bool draining = atomic_load(&timeouts->draining);
    int64_t longest_ms = atomic_load(&timeouts->idle_ms);

    if (draining && longest_ms > TIMEOUTS_FIRST_MS)
        longest_ms = TIMEOUTS_FIRST_MS;
    watch->since_us = clock_us();
    set_phase(watch, PHASE_IDLE, deadline_after_ms(longest_ms));
    if (draining && watch->used && rate_is_silent(watch->fd))
        shut_down(watch);
}

static void begin_moving(const struct timeouts *timeouts, struct watch *watch, enum phase phase)
{
    int64_t longest_ms =
        phase == PHASE_BODY ? atomic_load(&timeouts->body_ms) : atomic_load(&timeouts->reply_ms);

    set_phase(watch, phase, longest_ms > 0 ? deadline_after_ms(longest_ms) : DEADLINE_NEVER);
    watch->progress_us = deadline_after_ms(atomic_load(&timeouts->idle_ms));
    watch->look_us = atomic_load(&timeouts->min_bytes_per_s) > 0 ? deadline_after_ms(RATE_LOOK_MS)
                                                                 : DEADLINE_NEVER;
    watch->rate.count = 0;
    set_look(watch);
}

static void begin_phase(const struct timeouts *timeouts, struct watch *watch, enum phase phase)
{
    switch (phase) {
    case PHASE_IDLE:
        begin_idle(timeouts, watch);
        break;
    case PHASE_HEADERS: /* PHASE_IDLE's clock goes on, or headers could drip for ever */
        watch->used = true;
        set_phase(watch, phase, watch->end_us);
        break;
    case PHASE_BODY:
    case PHASE_REPLY:
        begin_moving(timeouts, watch, phase);
        break;
    default:
        set_phase(watch, phase, DEADLINE_NEVER);
    }
}

static void wake_before(struct timeouts *timeouts, int64_t deadline_us)
{
    if (deadline_us >= atomic_load(&timeouts->wake_us))
        return;
    pthread_mutex_lock(&timeouts->mutex);
    pthread_cond_signal(&timeouts->wake);
    pthread_mutex_unlock(&timeouts->mutex);
}

bool timeouts_enter(struct timeouts *timeouts, struct watch *watch, enum phase phase,
                    void *argument)
{
    int64_t deadline;
    bool open;

    pthread_mutex_lock(&watch->mutex);
    open = watch->phase != PHASE_HANGUP && watch->phase != PHASE_CLOSED;
    watch->argument = argument;
    if (open)
        begin_phase(timeouts, watch, phase);
    deadline = watch->deadline_us;
    pthread_mutex_unlock(&watch->mutex);
    wake_before(timeouts, deadline);
    return open;
}

bool timeouts_hung_up(struct watch *watch)
{
    bool hung_up;

    pthread_mutex_lock(&watch->mutex);
    hung_up = watch->phase == PHASE_HANGUP || watch->phase == PHASE_CLOSED;
    pthread_mutex_unlock(&watch->mutex);
    return hung_up;
}

int64_t timeouts_waiting_since(struct watch *watch, enum phase latest)
{
    int64_t since_us = DEADLINE_NEVER;

    pthread_mutex_lock(&watch->mutex);
    if (watch->phase <= latest)
        since_us = watch->since_us;
    pthread_mutex_unlock(&watch->mutex);
    return since_us;
}

bool timeouts_close_waiting(struct watch *watch, enum phase latest, bool unread)
{
    bool waiting;

    pthread_mutex_lock(&watch->mutex);
    waiting =
        watch->phase == PHASE_IDLE ? unread || rate_is_silent(watch->fd) : watch->phase <= latest;
    if (waiting)
        shut_down(watch);
    pthread_mutex_unlock(&watch->mutex);
    return waiting;
}

void timeouts_close_idle(struct timeouts *timeouts)
{
    atomic_store(&timeouts->draining, true);
    pthread_mutex_lock(&timeouts->mutex);
    for (struct watch *watch = timeouts->first; watch != NULL; watch = watch->next) {
        pthread_mutex_lock(&watch->mutex);
        if (watch->phase == PHASE_IDLE)
            begin_idle(timeouts, watch);
        pthread_mutex_unlock(&watch->mutex);
    }
    pthread_cond_signal(&timeouts->wake); /* deadlines have become earlier */
    pthread_mutex_unlock(&timeouts->mutex);
}
