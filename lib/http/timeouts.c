/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/timeouts.h"

/*
 * libmicrohttpd's own timeout counts inactivity in whole seconds: a client that sends a byte every
 * second keeps its thread for ever. So one thread of ours, the watchdog, knows the phase of every
 * connection and the moment at which that phase must have ended.
 *
 *     IDLE -> HEADERS -> BODY -> HANDLER -> REPLY -> IDLE -> ...
 *       |        \________/                   |
 *       |            v                        |      408 is written, then a moment to read it
 *       |          HANGUP                     |
 *       v            v                        v
 *       +--------> CLOSED <-------------------+      the socket is shut down both ways, which
 *                                                    wakes the connection's thread; it closes
 *
 * Locks: timeouts->mutex guards the list, watch->mutex one connection. Where both are held, the
 * list's was taken first. The connection's thread takes only its own, without contention.
 *
 * A descriptor number may be reused as soon as it is closed. The watchdog touches a socket only
 * under the watch's mutex and while the watch is in the list; libmicrohttpd closes a socket only
 * after it has told us of it (NOTIFY_CLOSED), where timeouts_remove takes the watch off the list.
 *
 * The watchdog sleeps until the earliest deadline. Whoever sets an earlier one wakes it: wake_us is
 * "never" from before a scan until the watchdog sleeps, so that a deadline set during the scan
 * wakes it too.
 */
#include "base/deadline.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

struct watch {
    struct watch *previous, *next;
    pthread_mutex_t mutex;
    int fd;
    enum phase phase;
    int64_t deadline_us;
    uint64_t acked; /* bytes of ours that the peer has taken, when last looked at */
    void *argument;
};

struct timeouts {
    struct timeouts_options options;
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
    watch->deadline_us = deadline_us;
}

static void shut_down(struct watch *watch)
{
    shutdown(watch->fd, SHUT_RDWR);
    set_phase(watch, PHASE_CLOSED, DEADLINE_NEVER);
}

/* Bytes that the peer has acknowledged since the connection began; 0 where the kernel does not
 * say. */
static uint64_t bytes_acked(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_bytes_acked;
}

/* A reply may take its time as long as the client takes some of it. */
static void check_progress(struct timeouts *timeouts, struct watch *watch)
{
    uint64_t acked = bytes_acked(watch->fd);

    if (acked == watch->acked)
        shut_down(watch);
    else
        set_phase(watch, PHASE_REPLY, deadline_after_ms(timeouts->options.idle_ms));
    watch->acked = acked;
}

static void expire(struct timeouts *timeouts, struct watch *watch)
{
    switch (watch->phase) {
    case PHASE_HEADERS:
    case PHASE_BODY:
        timeouts->options.expired(watch->argument, watch->phase);
        shutdown(watch->fd, SHUT_WR);
        set_phase(watch, PHASE_HANGUP, deadline_after_ms(timeouts->options.hangup_ms));
        break;
    case PHASE_REPLY:
        check_progress(timeouts, watch);
        break;
    case PHASE_IDLE:
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
    int error;

    if (created == NULL)
        return -ENOMEM;
    created->options = *options;
    created->wake_us = DEADLINE_NEVER;
    pthread_mutex_init(&created->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&created->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    error = pthread_create(&created->thread, NULL, watchdog, created);
    if (error != 0) {
        free(created);
        return -error;
    }
    *timeouts = created;
    return 0;
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

static int64_t phase_deadline(const struct timeouts *timeouts, const struct watch *watch,
                              enum phase phase)
{
    switch (phase) {
    case PHASE_IDLE:
    case PHASE_REPLY:
        return deadline_after_ms(timeouts->options.idle_ms);
    case PHASE_HEADERS:
        return watch->deadline_us; /* one clock for both, or headers could drip for ever */
    case PHASE_BODY:
        return deadline_after_ms(timeouts->options.body_ms);
    default:
        return DEADLINE_NEVER;
    }
}

/* With a request in the socket's buffer a connection is not idle, whatever was read so far. */
static bool is_silent(int fd)
{
    int readable = 0;

    return ioctl(fd, FIONREAD, &readable) == 0 && readable == 0;
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
    if (open) {
        set_phase(watch, phase, phase_deadline(timeouts, watch, phase));
        if (phase == PHASE_IDLE && atomic_load(&timeouts->draining) && is_silent(watch->fd))
            shut_down(watch);
    }
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

void timeouts_close_idle(struct timeouts *timeouts)
{
    atomic_store(&timeouts->draining, true);
    pthread_mutex_lock(&timeouts->mutex);
    for (struct watch *watch = timeouts->first; watch != NULL; watch = watch->next) {
        pthread_mutex_lock(&watch->mutex);
        if (watch->phase == PHASE_IDLE && is_silent(watch->fd))
            shut_down(watch);
        pthread_mutex_unlock(&watch->mutex);
    }
    pthread_mutex_unlock(&timeouts->mutex);
}
