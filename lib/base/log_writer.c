/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/log_writer.h"

/*
 * Standard error may be a pipe that nobody reads, a stopped terminal or a full disk: a write to it
 * can block for ever. So threads that log put their lines into a ring buffer, and one thread, the
 * writer, takes them out and writes each with one write(). Only the writer can be blocked.
 *
 *     log_line() ---> ring ---> writer ---> standard error
 *          \________ lost ________/
 *
 * A line that finds no room is counted as lost, and so is every line after it until the ring has
 * been emptied: so the writer can report all of them in one line, at their place between the lines
 * before and after. A line that cannot be written (EPIPE, ENOSPC ...) is counted too; then the
 * writer tries that report next, before any other line.
 *
 * The first line after a pause wakes the writer. It then looks for more every LINGER_MS until there
 * are none: waking a thread for each line would cost several times as much as the line.
 *
 * The mutex guards all of it; the writer does not hold it while it writes. The thread is detached
 * and never ends, because a blocked writer cannot be joined. It has all signals blocked, so that
 * SIGPIPE and SIGXFSZ do not end the process.
 *
 * At exit() the writer has EXIT_WAIT_MS to finish, and in a crash CRASH_WAIT_MS: the last lines
 * before a crash are the most interesting ones. A child after fork() has no writer, so it writes
 * its lines itself; the lines in the ring belong to its parent.
 */
#include "base/cleanup.h"
#include "base/deadline.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum {
    RING_BYTES = 256 * 1024, /* about a thousand lines; a power of two */
    LINGER_MS = 10,
    EXIT_WAIT_MS = 1000,
    CRASH_WAIT_MS = 200,
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t work, idle; /* there is something to write; there is nothing left */
    bool asleep;               /* the writer waits for work ... */
    bool hurry;                /* ... and must not linger */
    size_t (*report)(char *line, unsigned long long lost);
    uint64_t put, taken;     /* bytes of the ring, ever */
    unsigned long long lost; /* lines, not reported yet */
    unsigned long long lost_ever;
    bool full;    /* lines are lost until the ring is empty */
    bool failing; /* the last write() failed ... */
    bool torn;    /* ... in the middle of a line */
    atomic_bool running;
    atomic_bool flushed; /* everything that can be written is */
    char ring[RING_BYTES];
} writer = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* --- the ring: lines, each behind its length in two bytes ------------------------------------- */

static void put_bytes(const void *bytes, size_t size)
{
    size_t at = writer.put % RING_BYTES, first = size < RING_BYTES - at ? size : RING_BYTES - at;

    memcpy(writer.ring + at, bytes, first);
    memcpy(writer.ring, (const char *)bytes + first, size - first);
    writer.put += size;
}

static void take_bytes(void *bytes, size_t size)
{
    size_t at = writer.taken % RING_BYTES, first = size < RING_BYTES - at ? size : RING_BYTES - at;

    memcpy(bytes, writer.ring + at, first);
    memcpy((char *)bytes + first, writer.ring, size - first);
    writer.taken += size;
}

static bool ring_is_empty(void)
{
    return writer.put == writer.taken;
}

static size_t take_line(char line[static LOG_LINE_BYTES])
{
    uint16_t size;

    take_bytes(&size, sizeof(size));
    take_bytes(line, size);
    return size;
}

static void hurry_writer(void)
{
    writer.hurry = true;
    pthread_cond_signal(&writer.work);
}

static void count_lost(void)
{
    writer.lost++;
    writer.lost_ever++;
}

bool log_writer_put(const char *line, size_t size)
{
    uint16_t length = (uint16_t)size;

    if (!atomic_load_explicit(&writer.running, memory_order_acquire))
        return false;
    pthread_mutex_lock(&writer.mutex);
    if (writer.put - writer.taken + sizeof(length) + size > RING_BYTES)
        writer.full = true;
    if (writer.full) {
        count_lost();
    } else {
        put_bytes(&length, sizeof(length));
        put_bytes(line, length);
        atomic_store(&writer.flushed, false);
        if (writer.asleep || writer.put - writer.taken > RING_BYTES / 2)
            hurry_writer();
    }
    pthread_mutex_unlock(&writer.mutex);
    return true;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Waits even where somebody has made the descriptor non-blocking. */
static bool write_whole(const char *line, size_t size)
{
    struct pollfd writable = {.fd = STDERR_FILENO, .events = POLLOUT};

    while (size > 0) {
        ssize_t written = write(STDERR_FILENO, line, size);

        if (written > 0) {
            line += written;
            size -= (size_t)written;
            writer.torn = size > 0; /* the writer's alone */
        } else if (written < 0 && errno == EAGAIN) {
            poll(&writable, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool has_work(void)
{
    return !ring_is_empty() || (writer.lost > 0 && !writer.failing);
}

static void linger(void)
{
    int64_t deadline = deadline_after_ms(LINGER_MS);
    struct timespec until = {deadline / 1000000, deadline % 1000000 * 1000};
    int status = 0;

    while (!writer.hurry && status == 0)
        status = pthread_cond_timedwait(&writer.work, &writer.mutex, &until);
}

static void wait_for_work(void)
{
    if (has_work())
        return;
    atomic_store(&writer.flushed, true);
    pthread_cond_broadcast(&writer.idle);
    linger();
    writer.asleep = true;
    while (!has_work())
        pthread_cond_wait(&writer.work, &writer.mutex);
    writer.asleep = writer.hurry = false;
}

/* The mutex is held, but not while it writes. */
static bool write_without_lock(const char *line, size_t size)
{
    bool written;

    pthread_mutex_unlock(&writer.mutex);
    written = write_whole(line, size);
    pthread_mutex_lock(&writer.mutex);
    writer.failing = !written;
    return written;
}

/* Reports the lost lines. Where even that cannot be written, the next line is lost, too. */
static void report_lost(char line[static LOG_LINE_BYTES])
{
    unsigned long long lost = writer.lost;
    size_t newline = writer.torn ? 1 : 0, size;

    writer.full = false;
    line[0] = '\n';
    size = writer.report(line + newline, lost);
    if (write_without_lock(line, newline + size)) {
        writer.lost -= lost;
    } else if (!ring_is_empty()) {
        take_line(line);
        count_lost();
    }
}

static void *write_lines(void *argument)
{
    char line[LOG_LINE_BYTES + 1];

    pthread_mutex_lock(&writer.mutex);
    for (;;) {
        wait_for_work();
        if (writer.lost > 0 && (ring_is_empty() || writer.failing))
            report_lost(line);
        else if (!write_without_lock(line, take_line(line)))
            count_lost();
    }
    return argument;
}

bool log_writer_flush(int wait_ms)
{
    int64_t deadline = deadline_after_ms(wait_ms);
    struct timespec until = {deadline / 1000000, deadline % 1000000 * 1000};
    bool written;
    int status = 0;

    if (!atomic_load(&writer.running))
        return true;
    pthread_mutex_lock(&writer.mutex);
    if (!atomic_load(&writer.flushed))
        hurry_writer();
    while (!atomic_load(&writer.flushed) && status == 0)
        status = pthread_cond_timedwait(&writer.idle, &writer.mutex, &until);
    written = atomic_load(&writer.flushed) && writer.lost == 0;
    pthread_mutex_unlock(&writer.mutex);
    return written;
}

unsigned long long log_writer_lost(void)
{
    unsigned long long lost;

    pthread_mutex_lock(&writer.mutex);
    lost = writer.lost_ever;
    pthread_mutex_unlock(&writer.mutex);
    return lost;
}

/* --- the ends of a process -------------------------------------------------------------------- */

static void at_exit(void)
{
    log_writer_flush(EXIT_WAIT_MS);
}

/* The other threads still run, so the writer can finish. The signal's default action follows once
 * this returns. */
static void at_crash(int number)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    for (int i = 0; i < CRASH_WAIT_MS && !atomic_load(&writer.flushed); i++)
        nanosleep(&pause, NULL);
    raise(number);
}

/* Leaves a signal alone that a sanitizer handles. */
static void watch_crashes(void)
{
    static const int signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
    const struct sigaction ours = {.sa_handler = at_crash, .sa_flags = (int)SA_RESETHAND};
    struct sigaction theirs;

    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        if (sigaction(signals[i], NULL, &theirs) == 0 && theirs.sa_handler == SIG_DFL)
            sigaction(signals[i], &ours, NULL);
    }
}

static void before_fork(void)
{
    pthread_mutex_lock(&writer.mutex);
}

static void in_parent(void)
{
    pthread_mutex_unlock(&writer.mutex);
}

static void in_child(void)
{
    atomic_store(&writer.running, false);
    atomic_store(&writer.flushed, true);
    pthread_mutex_unlock(&writer.mutex);
}

/* --- its beginning ---------------------------------------------------------------------------- */

static int start_writer(void)
{
    sigset_t all, before;
    pthread_t thread;
    int status;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = pthread_create(&thread, NULL, write_lines, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status == 0)
        pthread_detach(thread);
    return -status;
}

int log_writer_start(size_t (*report)(char *line, unsigned long long lost))
{
    pthread_condattr_t monotonic;
    int status;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&writer.work, &monotonic);
    pthread_cond_init(&writer.idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    writer.report = report;
    writer.flushed = true;
    status = start_writer();
    if (status == 0)
        status = -pthread_atfork(before_fork, in_parent, in_child);
    if (status != 0)
        return status;
    atexit(at_exit);
    watch_crashes();
    atomic_store_explicit(&writer.running, true, memory_order_release);
    return 0;
}
