/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What one worker writes to its standard error, read and logged by its server: line by line,
 * "grisaille-gray[123]: text", with the level that the worker gives the line (log_split_level). A
 * worker may have been taken over, so it has a pipe and never the log itself; worker_log.c says
 * what is done to its lines. For one thread at a time, the pool's supervisor.
 */
enum {
    WORKER_LOG_LINE_BYTES = 900,       /* the rest of a line is cut off */
    WORKER_LOG_LINE_COST = 60,         /* bytes that each line costs besides its own */
    WORKER_LOG_BURST = 128 * 1024,     /* bytes that one worker may log at once ... */
    WORKER_LOG_RATE = 1024,            /* ... and then in each second */
    WORKER_LOG_ALL_BURST = 192 * 1024, /* the same for all workers that share a budget */
    WORKER_LOG_ALL_RATE = 4096,
    WORKER_LOG_DROP_MS = 10000,        /* how long lines are dropped before that is logged */
    WORKER_LOG_LOOK_MS = 50,           /* the least time between two reads of a pipe */
    WORKER_LOG_LOOK_BYTES = 64 * 1024, /* per read: what a pipe holds */
};

/* How much may still be logged, as the time when the full burst is available again; 0 at first. */
struct log_budget {
    int64_t full_at_us;
};

struct worker_log {
    int fd; /* the read end; -1: not open, or at its end */
    const char *program;
    pid_t pid; /* the worker's; set by the caller that spawns it */
    struct log_budget budget, *shared;
    int64_t look_at_us;   /* no read before this */
    uint64_t dropped;     /* lines, reported ... */
    int64_t report_at_us; /* ... at this time */
    size_t size;          /* of a line that has not ended */
    bool cut;
    char line[WORKER_LOG_LINE_BYTES + 1];
};

#define WORKER_LOG_NONE ((struct worker_log){.fd = -1})

/* Makes the pipe for a worker of that program (a path, borrowed until the close). Its lines are
 * paid for from a budget of its own and from `shared` (borrowed, too). *worker_end is the caller's
 * to close; both ends are close-on-exec and non-blocking: a worker whose pipe is full loses the
 * line, and not the job. 0 or -errno. */
int worker_log_open(struct worker_log *log, const char *program, struct log_budget *shared,
                    int *worker_end);

/* Logs what is in the pipe, at most WORKER_LOG_LOOK_BYTES, if it is time to look, and reports
 * dropped lines if that is due. Never waits. */
void worker_log_read(struct worker_log *log, int64_t now_us);

/* The descriptor to poll for reading; -1: none before worker_log_next_us(). */
int worker_log_poll_fd(const struct worker_log *log, int64_t now_us);

/* When to call worker_log_read() even if nothing has become readable, or DEADLINE_NEVER. */
int64_t worker_log_next_us(const struct worker_log *log, int64_t now_us);

/* After the worker has ended: logs what is left in the pipe, an unfinished line included, and
 * closes it. WORKER_LOG_NONE is fine. */
void worker_log_close(struct worker_log *log, int64_t now_us);
