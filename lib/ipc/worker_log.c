/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/worker_log.h"

/*
 * The last lines of a crashed worker are what an operator wants to read; the lines of one that was
 * taken over must do no harm. So each line
 *
 *   - carries the worker's name and pid behind the server's own "time level program[pid]: ", and
 *     only the server begins a new line: none can pass for a line of the server;
 *   - is cut where it is too long, and cleaned by log_line();
 *   - is paid for from two budgets, the worker's own and that of all workers: a worker that floods
 *     the log takes little from the others, and being replaced again and again gains nothing. The
 *     burst has room for a sanitizer's report of 64 KiB.
 *
 * A line without a budget is dropped, as are those after it for WORKER_LOG_DROP_MS; then one line
 * reports how many. A pipe is read every WORKER_LOG_LOOK_MS at most, so that a worker that writes
 * byte by byte costs the server no more than a silent one.
 */
#include "base/deadline.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 4096, NAME_BYTES = 32 };

int worker_log_open(struct worker_log *log, const char *program, struct log_budget *shared,
                    int *worker_end)
{
    const char *slash = strrchr(program, '/');
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    *log = (struct worker_log){
        .fd = ends[0],
        .program = slash != NULL ? slash + 1 : program,
        .shared = shared,
    };
    *worker_end = ends[1];
    return 0;
}

/* When the budget will be full again, after so many bytes are taken from it. */
static int64_t full_after_us(const struct log_budget *budget, int64_t bytes, int64_t rate,
                             int64_t now_us)
{
    return (budget->full_at_us > now_us ? budget->full_at_us : now_us) + bytes * 1000000 / rate;
}

/* Pays for a line from both budgets, or from neither. */
static bool pay(struct worker_log *log, int64_t now_us)
{
    const int64_t bytes = (int64_t)log->size + WORKER_LOG_LINE_COST;
    const int64_t burst_us = WORKER_LOG_BURST * 1000000LL / WORKER_LOG_RATE;
    const int64_t all_burst_us = WORKER_LOG_ALL_BURST * 1000000LL / WORKER_LOG_ALL_RATE;
    int64_t own_us = full_after_us(&log->budget, bytes, WORKER_LOG_RATE, now_us);
    int64_t all_us = full_after_us(log->shared, bytes, WORKER_LOG_ALL_RATE, now_us);

    if (own_us > now_us + burst_us || all_us > now_us + all_burst_us)
        return false;
    log->budget.full_at_us = own_us;
    log->shared->full_at_us = all_us;
    return true;
}

static void report_dropped(struct worker_log *log)
{
    if (log->dropped > 0)
        log_warning("worker %d says too much: %llu line(s) dropped", (int)log->pid,
                    (unsigned long long)log->dropped);
    log->dropped = 0;
}

static void end_line(struct worker_log *log, int64_t now_us)
{
    const char *text = log->line;
    enum log_level level;

    if (log->size == 0)
        return;
    log->line[log->size] = '\0';
    if (log->dropped == 0 && pay(log, now_us)) {
        level = log_split_level(&text);
        log_line(level, "%.*s[%d]: %s%s", NAME_BYTES, log->program, (int)log->pid, text,
                 log->cut ? " [cut]" : "");
    } else if (log->dropped++ == 0) {
        log->report_at_us = now_us + WORKER_LOG_DROP_MS * 1000LL;
    }
    log->size = 0;
    log->cut = false;
}

static void add_bytes(struct worker_log *log, const char *bytes, size_t size, int64_t now_us)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            end_line(log, now_us);
        else if (log->size == WORKER_LOG_LINE_BYTES)
            log->cut = true;
        else
            log->line[log->size++] = bytes[i] != '\0' ? bytes[i] : '?';
    }
}

/* The pipe is at its end, or its worker is dead. */
static void close_pipe(struct worker_log *log, int64_t now_us)
{
    end_line(log, now_us);
    close(log->fd);
    log->fd = -1;
}

static void read_pipe(struct worker_log *log, int64_t now_us)
{
    char bytes[READ_BYTES];
    size_t read_bytes = 0;
    ssize_t size = -1;

    while (read_bytes < WORKER_LOG_LOOK_BYTES) {
        size = read(log->fd, bytes, sizeof(bytes));
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            break;
        add_bytes(log, bytes, (size_t)size, now_us);
        read_bytes += (size_t)size;
    }
    log->look_at_us = read_bytes > 0 ? now_us + WORKER_LOG_LOOK_MS * 1000LL : now_us;
    if (size == 0)
        close_pipe(log, now_us);
}

void worker_log_read(struct worker_log *log, int64_t now_us)
{
    if (log->dropped > 0 && now_us >= log->report_at_us)
        report_dropped(log);
    if (log->fd >= 0 && now_us >= log->look_at_us)
        read_pipe(log, now_us);
}

int worker_log_poll_fd(const struct worker_log *log, int64_t now_us)
{
    return now_us >= log->look_at_us ? log->fd : -1;
}

int64_t worker_log_next_us(const struct worker_log *log, int64_t now_us)
{
    int64_t next_us = log->dropped > 0 ? log->report_at_us : DEADLINE_NEVER;

    if (log->fd >= 0 && log->look_at_us > now_us)
        next_us = deadline_earlier(next_us, log->look_at_us);
    return next_us;
}

void worker_log_close(struct worker_log *log, int64_t now_us)
{
    if (log->fd >= 0)
        read_pipe(log, now_us);
    if (log->fd >= 0)
        close_pipe(log, now_us);
    report_dropped(log);
}
