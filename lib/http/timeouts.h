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
    PHASE_IDLE,    /* between requests; nothing of the next one is read */
    PHASE_HEADERS, /* a request line is there; its clock goes on from PHASE_IDLE */
    PHASE_BODY,
    PHASE_HANDLER, /* ours to take time */
    PHASE_REPLY,   /* the client takes time */
    PHASE_HANGUP,  /* answered over the library's head; it has a moment to read that */
    PHASE_CLOSED,  /* shut down by us */
};

/* What of a request is too late. */
enum lateness {
    LATE_HEADERS,
    LATE_BODY,
    SLOW_BODY, /* it comes at less than min_bytes_per_s */
};

struct timeouts_options {
    int64_t idle_ms; /* idle and headers together; and a reply that makes no progress */
    int64_t body_ms;
    int64_t reply_ms; /* the whole of it; 0: as long as it takes */
    int64_t hangup_ms;
    int64_t min_bytes_per_s; /* of a body and of a reply, over RATE_MS; 0: any */
    /* PHASE_HEADERS or PHASE_BODY took too long: writes the answer to the socket. Called from the
     * watchdog's thread with the connection's lock held; `argument` is what timeouts_enter was
     * given with that phase. */
    void (*expired)(void *argument, enum lateness lateness);
};

/* While draining, a connection that has not sent its first request yet has so long for it. */
enum { TIMEOUTS_FIRST_MS = 1000 };

/* 0 or -errno. */
int timeouts_new(struct timeouts **timeouts, const struct timeouts_options *options);

/* All connections are gone. NULL is fine. Returns NULL. */
struct timeouts *timeouts_free(struct timeouts *timeouts);

/* A connection begins, idle; NULL without memory. */
struct watch *timeouts_add(struct timeouts *timeouts, int fd);

/* Before its socket is closed; from then on nobody touches it. NULL is fine. */
void timeouts_remove(struct timeouts *timeouts, struct watch *watch);

/* The connection's thread goes on to `phase`. False: the connection was hung up on meanwhile, and
 * is to be closed. `argument` is for `expired`, and must live as long as the phase: once this has
 * returned for the next one, the watchdog is done with it. */
bool timeouts_enter(struct timeouts *timeouts, struct watch *watch, enum phase phase,
                    void *argument);

/* Whether the connection was hung up on. */
bool timeouts_hung_up(struct watch *watch);

/* Since when the connection waits for a request, in clock_us(); DEADLINE_NEVER: it does not.
 * `latest` is PHASE_IDLE or PHASE_HEADERS: a request whose header section is on its way is then
 * waited for, too. */
int64_t timeouts_waiting_since(struct watch *watch, enum phase latest);

/* Shuts the connection down where it still waits, and has sent nothing that is not read yet, or
 * `unread` says that this is no matter. Whether it was. */
bool timeouts_close_waiting(struct watch *watch, enum phase latest, bool unread);

/* Shuts down every connection that is idle and has nothing to read, now and from now on; one that
 * has not sent its first request is given TIMEOUTS_FIRST_MS for it. */
void timeouts_close_idle(struct timeouts *timeouts);
