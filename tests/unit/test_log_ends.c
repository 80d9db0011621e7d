/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/log.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "log_sink.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The log when a process ends or forks. This process has no writer thread; its children do. */

enum { PATIENCE_MS = 20000 };

/* Goal: without log_start(), a line is written once log_line() has returned. */
static void test_direct(void **state)
{
    struct log_sink sink = sink_impatient_pipe();
    char text[256];
    ssize_t size;

    (void)state;
    fcntl(sink.read_fd, F_SETFL, O_NONBLOCK);
    sink_redirect(&sink);
    log_warning("thread %d", 5);
    size = read(sink.read_fd, text, sizeof(text));
    assert_true(size > 0 && text[size - 1] == '\n');
    log_plain("as it\x1b is");
    size = read(sink.read_fd, text, sizeof(text));
    assert_int_equal(size, 10);
    assert_memory_equal(text, "as it? is\n", 10);
    assert_true(log_flush(0));
    sink_close(&sink);
}

/* Runs `body` in a child that has a writer and logs to a pipe; returns how it ended. Reads what it
 * wrote unless `reading` is NULL. */
static int run_child(void (*body)(void), struct log_reading *reading)
{
    struct log_sink sink = sink_pipe();
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* cmocka's */
        sink_redirect(&sink);
        sink_close(&sink);
        if (log_start() != 0)
            _exit(99);
        body();
        _exit(98);
    }
    assert_true(child > 0);
    close(sink.write_fd);
    if (reading != NULL)
        log_read_until(reading, sink.read_fd, UINT64_MAX);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(sink.read_fd);
    return status;
}

static void log_and_exit(void)
{
    log_some(500);
    exit(7);
}

static void log_and_abort(void)
{
    log_some(500);
    abort();
}

static void log_and_crash(void)
{
    log_some(500);
    raise(SIGSEGV);
}

static void log_and_be_killed(void)
{
    log_some(500);
    kill(getpid(), SIGSEGV); /* not by a fault: no instruction runs again after the handler */
    pause();
}

/* Goal: lines logged before exit(), abort() or a crash are written, and the exit status is the
 * usual one. */
static void test_ends(void **state)
{
    static const struct {
        void (*body)(void);
        int code, signal;
    } cases[] = {{log_and_exit, 7, 0},
                 {log_and_abort, 0, SIGABRT},
                 {log_and_crash, 0, SIGSEGV},
                 {log_and_be_killed, 0, SIGSEGV}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct log_reading reading = {0};
        int status = run_child(cases[i].body, &reading);

        assert_int_equal(reading.lines, 500);
        assert_int_equal(reading.wrong, 0);
        if (cases[i].signal != 0)
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == cases[i].signal);
        else
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].code);
    }
}

/* Goal: without a reader the process still ends soon. */
static void test_ends_unread(void **state)
{
    int64_t since = clock_us();
    int status;

    (void)state;
    status = run_child(log_and_exit, NULL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = run_child(log_and_abort, NULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_true(clock_us() - since < PATIENCE_MS * INT64_C(1000));
}

static void log_and_fork(void)
{
    pid_t child;

    log_info("thread 0 line 0");
    child = fork();
    if (child == 0) {
        log_info("thread 1 line 0");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    log_info("thread 2 line 0");
    exit(0);
}

/* Goal: the child of a process with a writer writes its own lines itself, and none of its parent's.
 */
static void test_fork(void **state)
{
    struct log_reading reading = {0};

    (void)state;
    assert_int_equal(run_child(log_and_fork, &reading), 0);
    assert_int_equal(reading.lines, 3);
    assert_int_equal(reading.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_direct, sink_restore),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_ends_unread),
        cmocka_unit_test(test_fork),
    };

    log_open("test_log_ends", LOG_INFO, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
