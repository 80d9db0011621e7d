/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Whether a worker takes more of the machine than its jobs can ask for. A taken-over one starts
 * threads by the thousand, or computes though it has nothing to do; no limit of the kernel's bounds
 * that where workers have no users of their own. The supervisor looks a few times a second, beside
 * the jobs and not in their way.
 */
struct worker_usage {
    unsigned threads; /* 0: /proc does not say */
    int64_t cpu_us;   /* of all its threads since its start; -1: the kernel does not say */
};

struct worker_load {
    bool working;      /* on a job now, or for an unknown time since the last look */
    int64_t worked_us; /* on jobs that have ended, in all */
};

struct worker_watch {
    int64_t looked_us; /* 0: never */
    int64_t cpu_us, worked_us;
    bool working;
    int64_t excess_us; /* CPU time beyond what its jobs explain, less what is granted over time */
};

enum { WORKER_WATCH_WHY_BYTES = 80 };

/* What the process `pid` uses. The caller alone may reap it, so that the number is its own. */
void worker_usage_read(struct worker_usage *usage, pid_t pid);

/* When the next look is due (base/deadline.h): for all workers at one time, so that it is one
 * wake-up; up to 200 ms after the last. */
int64_t worker_watch_next_us(const struct worker_watch *watch);

/* Judges what was used since the last look, and remembers it for the next. False and `why`, a
 * clause for the log behind "worker N": it is beyond every honest worker. */
bool worker_watch_judge(struct worker_watch *watch, const struct worker_usage *usage,
                        const struct worker_load *load, int64_t now_us,
                        char why[static WORKER_WATCH_WHY_BYTES]);
