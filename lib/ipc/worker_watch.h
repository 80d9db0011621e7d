/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Whether a worker uses more of the machine than its jobs can need. One that was taken over may
 * start thousands of threads, or compute without a job; where workers have no users of their own,
 * no limit of the kernel bounds that. The supervisor checks a few times a second, independently of
 * jobs.
 */
struct worker_usage {
    unsigned threads; /* 0: unknown, without /proc */
    int64_t cpu_us;   /* of all its threads since its start; -1: unknown */
};

struct worker_load {
    bool working;      /* on a job now, or for an unknown time since the last check */
    int64_t worked_us; /* on jobs that have ended, in all */
};

struct worker_watch {
    int64_t looked_us; /* 0: never */
    int64_t cpu_us, worked_us;
    bool working;
    int64_t excess_us; /* CPU time beyond what its jobs explain, less the constant allowance */
};

enum { WORKER_WATCH_WHY_BYTES = 80 };

/* What the process `pid` uses. Only the caller may reap it, or the pid could be reused. */
void worker_usage_read(struct worker_usage *usage, pid_t pid);

/* When the next check is due (base/deadline.h): at the same time for all workers, which makes one
 * wake-up; up to 200 ms after the last. */
int64_t worker_watch_next_us(const struct worker_watch *watch);

/* Checks what was used since the last check, and remembers it for the next. False and `why`, a
 * clause for the log behind "worker N": no honest worker uses so much. */
bool worker_watch_check(struct worker_watch *watch, const struct worker_usage *usage,
                        const struct worker_load *load, int64_t now_us,
                        char why[static WORKER_WATCH_WHY_BYTES]);
