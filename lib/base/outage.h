/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Tells the log of something that may fail with every request: at once when it begins, then how
 * often, every OUTAGE_TELL_MS at most, and once when it is over. What fails and works by turns is
 * told of no more often.
 */
enum { OUTAGE_TELL_MS = 10000 };

struct outage {
    const char *what;      /* "the scale server"; borrowed */
    pthread_mutex_t mutex; /* of all below */
    atomic_bool any;       /* there is something to say where it works; read without it */
    bool told;             /* the last that the log says is that it fails */
    uint64_t failures;     /* not told of yet */
    int64_t told_us;       /* when a failure was told of last; 0: never */
};

#define OUTAGE(what_) ((struct outage){.what = (what_), .mutex = PTHREAD_MUTEX_INITIALIZER})

/* It failed, or has worked, just now. `why` is for the log. Any thread. */
void outage_failed(struct outage *outage, const char *why, int64_t now_us);
void outage_over(struct outage *outage, int64_t now_us);
