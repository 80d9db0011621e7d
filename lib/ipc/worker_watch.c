/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/worker_watch.h"

/*
 * CPU time goes through a leaky bucket: use beyond what jobs explain is added, a twentieth of a CPU
 * leaks all the time, and a full bucket is too much. It has room for the CPU time of giving back
 * memory; otherwise an honest worker's bucket is empty.
 */
#include "base/cleanup.h"
#include "ipc/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 200,
    JOB_CPUS = 4,       /* an honest worker was never seen with more threads */
    GRANTED_SHARE = 20, /* a twentieth of a CPU is always allowed */
    EXCESS_MAX_MS = 300,
    STAT_BYTES = 1024, /* /proc/PID/stat has 52 fields */
    STAT_THREADS = 18, /* fields behind the name up to and with num_threads */
};

/* 0 where /proc is missing or hides the process. */
static unsigned read_threads(pid_t pid)
{
    char path[32], text[STAT_BYTES];
    _cleanup_close_ int fd = -1;
    ssize_t size;
    char *field;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (size < 0)
        return 0;
    text[size] = '\0';
    field = strrchr(text, ')'); /* the name is the worker's own choice */
    for (int i = 0; field != NULL && i < STAT_THREADS; i++)
        field = strchr(field + 1, ' ');
    return field != NULL ? (unsigned)strtoul(field, NULL, 10) : 0;
}

void worker_usage_read(struct worker_usage *usage, pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    usage->threads = read_threads(pid);
    usage->cpu_us = -1;
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0)
        usage->cpu_us = (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

int64_t worker_watch_next_us(const struct worker_watch *watch)
{
    const int64_t between_us = LOOK_MS * 1000LL;

    return watch->looked_us == 0 ? 0 : (watch->looked_us / between_us + 1) * between_us;
}

/* The new content of the bucket. */
static int64_t excess_us(const struct worker_watch *watch, int64_t cpu_us,
                         const struct worker_load *load, int64_t passed_us)
{
    bool working = watch->working || load->working;
    int64_t worked_us = working ? passed_us : load->worked_us - watch->worked_us;
    int64_t excess = watch->excess_us + cpu_us - watch->cpu_us - worked_us * JOB_CPUS -
                     passed_us / GRANTED_SHARE;

    return excess > 0 ? excess : 0;
}

bool worker_watch_check(struct worker_watch *watch, const struct worker_usage *usage,
                        const struct worker_load *load, int64_t now_us,
                        char why[static WORKER_WATCH_WHY_BYTES])
{
    struct worker_watch now = {
        .looked_us = now_us,
        .cpu_us = usage->cpu_us,
        .worked_us = load->worked_us,
        .working = load->working,
    };

    if (watch->looked_us != 0 && watch->cpu_us >= 0 && usage->cpu_us >= 0)
        now.excess_us = excess_us(watch, usage->cpu_us, load, now_us - watch->looked_us);
    *watch = now;
    if (usage->threads > WORKER_THREADS_MAX) {
        snprintf(why, WORKER_WATCH_WHY_BYTES, "has %u threads, expected at most %d", usage->threads,
                 WORKER_THREADS_MAX);
        return false;
    }
    if (now.excess_us > EXCESS_MAX_MS * 1000LL) {
        snprintf(why, WORKER_WATCH_WHY_BYTES, "uses more CPU time than its jobs can need");
        return false;
    }
    return true;
}
