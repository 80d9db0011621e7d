/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What one worker writes to its standard error, as its server reads and logs it: line by line,
 * "grisaille-gray[123]: text", at the level that the worker gives the line (log_split_level). A
 * worker may have been taken over: it has a pipe and never the log itself; worker_log.c says what
 * its lines are held to. All of it is for one thread at a time, the pool's supervisor.
 */
enum {
    WORKER_LOG_LINE_BYTES = 900,       /* the rest of a line is cut off */
    WORKER_LOG_LINE_COST = 60,         /* bytes that a line costs beside its own */
    WORKER_LOG_BURST = 128 * 1024,     /* bytes that one worker may log at once ... */
    WORKER_LOG_RATE = 1024,            /* ... and so many more in each second */
    WORKER_LOG_ALL_BURST = 192 * 1024, /* the same of all workers that share a budget */
    WORKER_LOG_ALL_RATE = 4096,
    WORKER_LOG_TELL_MS = 10000,        /* how long lines are dropped before that is told */
    WORKER_LOG_LOOK_MS = 50,           /* the least time between two looks into a pipe */
    WORKER_LOG_LOOK_BYTES = 64 * 1024, /* of one look: what a pipe holds */
};

/* What may still be logged, as the point of time when all of it may be again: 0 at first. */
struct log_budget {
    int64_t full_at_us;
};

struct worker_log {
    int fd; /* the read end; -1: not open, or at its end */
    const char *program;
    pid_t pid; /* the worker's; set by who spawns it */
    struct log_budget budget, *shared;
    int64_t look_at_us; /* not before */
    uint64_t dropped;   /* lines, not yet told of ... */
    int64_t tell_at_us; /* ... before this */
    size_t size;        /* of a line that has not ended */
    bool cut;
    char line[WORKER_LOG_LINE_BYTES + 1];
};

#define WORKER_LOG_NONE ((struct worker_log){.fd = -1})

/* Makes the pipe of a worker of that program (a path, borrowed until the close), whose budget is
 * its own and a part of `shared` (borrowed as well). *worker_end is the caller's to close; both
 * ends are close-on-exec and non-blocking: a worker whose pipe is full loses the line, and not the
 * job. 0 or -errno. */
int worker_log_open(struct worker_log *log, const char *program, struct log_budget *shared,
                    int *worker_end);

/* Logs what is there, at most WORKER_LOG_LOOK_BYTES of it, where it is time to look; and tells of
 * dropped lines where that is due. Never waits. */
void worker_log_read(struct worker_log *log, int64_t now_us);

/* The descriptor to wait for being readable; -1: none before worker_log_next_us. */
int worker_log_poll_fd(const struct worker_log *log, int64_t now_us);

/* When to read though nothing has become readable, or DEADLINE_NEVER. */
int64_t worker_log_next_us(const struct worker_log *log, int64_t now_us);

/* Of a worker that has ended: logs what it has left in the pipe, the line that it did not end
 * included, and closes. One that is not open is fine. */
void worker_log_close(struct worker_log *log, int64_t now_us);
