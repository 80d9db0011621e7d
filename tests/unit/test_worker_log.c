/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/worker_log.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* How the bytes that a worker writes to its standard error are logged. The tests choose the time.
 */

enum {
    PID = 4711,
    TEXT_BYTES = 1 << 20,
    REPORT_BYTES = 64 * 1024,
    TIME_BYTES = 24, /* at the start of each line */
    SECOND_US = 1000000,
};

static struct log_sink sink;
static struct log_budget shared;
static struct worker_log worker;
static int worker_end;
static int64_t now_us;
static char text[TEXT_BYTES];

static void open_worker(void)
{
    assert_int_equal(worker_log_open(&worker, "/a/path/test-worker", &shared, &worker_end), 0);
    worker.pid = PID;
}

static int setup(void **state)
{
    (void)state;
    sink = sink_file();
    sink_redirect(&sink);
    shared = (struct log_budget){0};
    now_us = 1000LL * SECOND_US;
    open_worker();
    return 0;
}

static int teardown(void **state)
{
    worker_log_close(&worker, now_us);
    worker_end = close_fd(worker_end);
    sink_close(&sink);
    return sink_restore(state);
}

/* Writes as the worker; returns whether the pipe had room for all of it. */
static bool say(const char *bytes, size_t size)
{
    return write(worker_end, bytes, size) == (ssize_t)size;
}

static void look(void)
{
    now_us += WORKER_LOG_LOOK_MS * 1000LL;
    worker_log_read(&worker, now_us);
}

/* All that was logged so far. */
static const char *logged(void)
{
    ssize_t size = pread(sink.write_fd, text, sizeof(text) - 1, 0);

    assert_true(size >= 0);
    text[size] = '\0';
    return text;
}

static unsigned count(const char *part)
{
    unsigned found = 0;

    for (const char *at = logged(); (at = strstr(at, part)) != NULL; at += strlen(part))
        found++;
    return found;
}

/* The number of dropped lines, by the log. */
static unsigned long long count_dropped(void)
{
    unsigned long long dropped, all = 0;

    for (const char *at = logged(); (at = strstr(at, "says too much: ")) != NULL; at++) {
        assert_int_equal(sscanf(at, "says too much: %llu line(s) dropped", &dropped), 1);
        all += dropped;
    }
    return all;
}

static void assert_one_line(const char *end)
{
    const char *all = logged();
    size_t size = strlen(all);

    assert_true(size > strlen(end) && all[size - 1] == '\n');
    assert_ptr_equal(strchr(all, '\n'), all + size - 1);
    assert_memory_equal(all + size - 1 - strlen(end), end, strlen(end));
}

/* Goal: a line is logged once it is complete, with the worker's name. */
static void test_lines(void **state)
{
    (void)state;
    say("half a", 6);
    look();
    assert_string_equal(logged(), "");
    say(" line\n\n", 7);
    look();
    assert_one_line("]: test-worker[4711]: half a line");
}

/* Goal: the worker chooses the level; anything else is text. */
static void test_levels(void **state)
{
    (void)state;
    say("<3>bad\n<6>good\n<7>detail\n<9>nine\n<3\n", 37);
    look();
    assert_int_equal(count(" error test_worker_log"), 1);
    assert_int_equal(count("[4711]: bad\n"), 1);
    assert_int_equal(count(" info test_worker_log"), 1);
    assert_int_equal(count("detail"), 0); /* the log's level is info */
    assert_int_equal(count("[4711]: <9>nine\n"), 1);
    assert_int_equal(count("[4711]: <3\n"), 1);
}

/* Goal: no byte of a worker begins a line, controls a terminal, or is invalid text. */
static void test_forged_lines(void **state)
{
    static const char forged[] = "a\n2026-01-01T00:00:00.000Z error server[1]: b\r2026 c\x1b[2K\x9b"
                                 "d\xc2\x9b"
                                 "e\0f\xff\n";
    const char *at;

    (void)state;
    say(forged, sizeof(forged) - 1);
    look();
    for (at = logged(); *at != '\0'; at = strchr(at, '\n') + 1)
        assert_memory_equal(at + TIME_BYTES, " warning test_worker_log[", 25);
    assert_int_equal(
        count("[4711]: 2026-01-01T00:00:00.000Z error server[1]: b?2026 c?[2K?d??e?f?\n"), 1);
    for (at = logged(); *at != '\0'; at++)
        assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
}

/* Goal: a line that is too long is cut, and the next one is complete. */
static void test_long_line(void **state)
{
    static char longest[3 * WORKER_LOG_LINE_BYTES];

    (void)state;
    memset(longest, 'Q', sizeof(longest));
    say(longest, sizeof(longest));
    look();
    say(longest, sizeof(longest));
    say("\nnext\n", 6);
    look();
    assert_int_equal(count("Q [cut]\n"), 1);
    assert_int_equal(count("Q"), WORKER_LOG_LINE_BYTES);
    assert_int_equal(count("[4711]: next\n"), 1);
}

/* Goal: the last words of a dead worker are logged, complete or not. */
static void test_last_words(void **state)
{
    (void)state;
    say("first\nlast", 10);
    worker_end = close_fd(worker_end);
    worker_log_close(&worker, now_us);
    assert_int_equal(count("[4711]: first\n"), 1);
    assert_int_equal(count("[4711]: last\n"), 1);
    worker_log_close(&worker, now_us);
    assert_int_equal(count("\n"), 2);
}

/* Goal: the same if the pipe ends before the death is known; and a pipe at its end is not polled,
 * because poll() would return at once for ever. */
static void test_end(void **state)
{
    (void)state;
    say("last", 4);
    worker_end = close_fd(worker_end);
    look();
    assert_int_equal(count("[4711]: last\n"), 1);
    now_us += SECOND_US;
    assert_int_equal(worker_log_poll_fd(&worker, now_us), -1);
    assert_true(worker_log_next_us(&worker, now_us) == DEADLINE_NEVER);
}

/* Goal: a descendant that holds the pipe open does not block the close. */
static void test_close_with_a_writer_left(void **state)
{
    (void)state;
    say("line", 4);
    worker_log_close(&worker, now_us);
    assert_int_equal(count("[4711]: line\n"), 1);
}

/* Goal: writes to a full pipe are lost and do not block the worker; no descriptor is inherited by
 * accident. */
static void test_full_pipe(void **state)
{
    static char page[4096];

    (void)state;
    while (say(page, sizeof(page)))
        ;
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(fcntl(worker_end, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(worker.fd, F_GETFD), FD_CLOEXEC);
    assert_true(fcntl(worker.fd, F_GETFL) & O_NONBLOCK);
}

/* Goal: the pipe is read at intervals, and not for every byte. */
static void test_looks_are_apart(void **state)
{
    (void)state;
    assert_int_equal(worker_log_poll_fd(&worker, now_us), worker.fd);
    say("one\n", 4);
    worker_log_read(&worker, now_us);
    assert_int_equal(worker_log_poll_fd(&worker, now_us), -1);
    say("two\n", 4);
    worker_log_read(&worker, now_us + 1);
    assert_int_equal(count("two"), 0);
    assert_true(worker_log_next_us(&worker, now_us) == now_us + WORKER_LOG_LOOK_MS * 1000LL);
    look();
    assert_int_equal(count("two"), 1);
}

static const char line[] = "This is a line of a report, sixty-four bytes long, no more than.\n";

/* Writes so many bytes in such lines, and reads now and then; returns the number of lines. */
static unsigned say_much(size_t bytes)
{
    unsigned lines = 0;

    for (size_t said = 0; said < bytes; said += sizeof(line) - 1) {
        if (lines % 64 == 0)
            look();
        assert_true(say(line, sizeof(line) - 1));
        lines++;
    }
    look();
    return lines;
}

/* Asserts that no more of these lines were logged than a budget allows. */
static void assert_bounded(int64_t burst, int64_t rate, int64_t began_us)
{
    int64_t cost = (int64_t)sizeof(line) - 2 + WORKER_LOG_LINE_COST;

    assert_true(count("]: This is a line") * cost <=
                burst + rate * (now_us - began_us) / SECOND_US);
}

/* Goal: a long report is logged completely. */
static void test_report(void **state)
{
    unsigned lines;

    (void)state;
    lines = say_much(REPORT_BYTES);
    assert_int_equal(count("[4711]: This is a line"), lines);
    assert_int_equal(count_dropped(), 0);
}

/* Goal: a flood is bounded, and each line of it is logged or counted. */
static void test_flood(void **state)
{
    const int64_t began_us = now_us;
    unsigned lines = 0;

    (void)state;
    for (int i = 0; i < 50; i++)
        lines += say_much(1 << 20);
    worker_end = close_fd(worker_end);
    worker_log_close(&worker, now_us);
    assert_int_equal(count("[4711]: This is a line") + count_dropped(), lines);
    assert_bounded(WORKER_LOG_BURST, WORKER_LOG_RATE, began_us);
    assert_true(count("says too much") <= (now_us - began_us) / 1000 / WORKER_LOG_DROP_MS + 1);
}

/* Goal: after a flood the dropped lines are reported even if the worker falls silent, and its later
 * lines are logged. */
static void test_after_a_flood(void **state)
{
    unsigned long long dropped;

    (void)state;
    say_much(1 << 18);
    assert_int_equal(count("says too much"), 0);
    assert_true(worker_log_next_us(&worker, now_us + SECOND_US) <=
                now_us + WORKER_LOG_DROP_MS * 1000LL);
    now_us += WORKER_LOG_DROP_MS * 1000LL;
    look();
    assert_int_equal(count("says too much"), 1);
    dropped = count_dropped();
    assert_true(dropped > 0);
    say("and now?\n", 9);
    look();
    assert_int_equal(count("[4711]: and now?\n"), 1);
    assert_int_equal(count_dropped(), dropped);
}

/* Goal: a worker gains nothing by being replaced again and again, and one that floods the log
 * leaves enough for the others. */
static void test_shared_budget(void **state)
{
    const int64_t began_us = now_us;

    (void)state;
    say_much(1 << 18);
    close_fd(worker_end);
    worker_log_close(&worker, now_us);
    open_worker();
    say("a crash of another\n", 19);
    look();
    assert_int_equal(count("a crash of another\n"), 1);
    for (int i = 0; i < 20; i++) {
        say_much(1 << 18);
        close_fd(worker_end);
        worker_log_close(&worker, now_us);
        open_worker();
    }
    assert_bounded(WORKER_LOG_ALL_BURST, WORKER_LOG_ALL_RATE, began_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forged_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_last_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_with_a_writer_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_pipe, setup, teardown),
        cmocka_unit_test_setup_teardown(test_looks_are_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_after_a_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_budget, setup, teardown),
    };

    log_open("test_worker_log", LOG_INFO, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
