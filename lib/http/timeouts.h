/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Inside lib/http: how long a connection may stay in each phase of its life. timeouts.c opens with
 * the design.
 */
struct timeouts;
struct watch;

enum phase {
    PHASE_IDLE,    /* between requests; none of the next one has been read */
    PHASE_HEADERS, /* the request line was read; the clock of PHASE_IDLE goes on */
    PHASE_BODY,
    PHASE_HANDLER, /* without a limit: the handler has its own deadline */
    PHASE_REPLY,   /* the client takes the answer */
    PHASE_HANGUP,  /* answered past the library; the client has a moment to read that */
    PHASE_CLOSED,  /* shut down by us */
};

/* What is too late, or too slow. */
enum lateness {
    LATE_HEADERS,
    LATE_BODY,
    SLOW_BODY, /* less than min_bytes_per_s */
};

struct timeouts_limits {
    int64_t idle_ms; /* idle and headers together; and a reply that makes no progress */
    int64_t body_ms;
    int64_t reply_ms;        /* the whole of it; 0: no limit */
    int64_t min_bytes_per_s; /* of a body and of a reply, over RATE_MS; 0: any */
};

struct timeouts_options {
    struct timeouts_limits limits;
    int64_t hangup_ms;
    /* PHASE_HEADERS or PHASE_BODY took too long: writes the answer to the socket. Called from the
     * watchdog's thread with the connection's lock held; `argument` is what timeouts_enter() was
     * given for that phase. */
    void (*expired)(void *argument, enum lateness lateness);
};

/* While draining, how long a connection has for its first request. */
enum { TIMEOUTS_FIRST_MS = 1000 };

/* 0 or -errno. */
int timeouts_new(struct timeouts **timeouts, const struct timeouts_options *options);

/* Other limits, for phases that begin from now on. Any thread. */
void timeouts_change(struct timeouts *timeouts, const struct timeouts_limits *limits);

/* No connection may be left. NULL is fine. Returns NULL. */
struct timeouts *timeouts_free(struct timeouts *timeouts);

/* A connection begins, idle. NULL: no memory. */
struct watch *timeouts_add(struct timeouts *timeouts, int fd);

/* Call it before the socket is closed: the watchdog then no longer touches it. NULL is fine. */
void timeouts_remove(struct timeouts *timeouts, struct watch *watch);

/* The connection's thread enters `phase`. False: the connection was hung up on meanwhile, and must
 * be closed. `argument` is for `expired`; it must live until this has returned for the next phase.
 */
bool timeouts_enter(struct timeouts *timeouts, struct watch *watch, enum phase phase,
                    void *argument);

/* Whether the connection was hung up on. */
bool timeouts_hung_up(struct watch *watch);

/* Since when the connection has waited for a request, in clock_us(); DEADLINE_NEVER: it does not.
 * With `latest` PHASE_HEADERS, a request whose header section is incomplete is waited for too. */
int64_t timeouts_waiting_since(struct watch *watch, enum phase latest);

/* Shuts the connection down if it still waits and has sent nothing unread (or `unread` is true).
 * Returns whether it did. */
bool timeouts_close_waiting(struct watch *watch, enum phase latest, bool unread);

/* Shuts down every connection that is idle and has nothing unread, now and from now on; one that
 * has not sent its first request yet has TIMEOUTS_FIRST_MS for it. */
void timeouts_close_idle(struct timeouts *timeouts);
