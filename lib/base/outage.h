/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Logs the failure of something that may fail with every request: at once when it begins, then how
 * often it failed, every OUTAGE_LOG_MS at most, and once when it works again. Something that fails
 * and works by turns is not logged more often.
 */
enum { OUTAGE_LOG_MS = 10000 };

struct outage {
    const char *what;      /* "the scale server"; borrowed */
    pthread_mutex_t mutex; /* of all below */
    atomic_bool any;       /* there is something to log once it works; read without the mutex */
    bool logged;           /* the last line says that it fails */
    uint64_t failures;     /* not logged yet */
    int64_t logged_us;     /* when a failure was last logged; 0: never */
};

#define OUTAGE(what_) ((struct outage){.what = (what_), .mutex = PTHREAD_MUTEX_INITIALIZER})

/* Report that it failed, or worked, just now. `why` is for the log. Any thread. */
void outage_failed(struct outage *outage, const char *why, int64_t now_us);
void outage_over(struct outage *outage, int64_t now_us);
