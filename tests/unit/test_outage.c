/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/outage.h"

#include "base/log.h"
#include "log_sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What is logged about something that fails. The tests choose the time. */

enum { TEXT_BYTES = 1 << 16, SECOND_US = 1000000 };

static struct log_sink sink;
static struct outage outage;
static int64_t now_us;
static size_t seen;

static int setup(void **state)
{
    (void)state;
    sink = sink_file();
    sink_redirect(&sink);
    outage = OUTAGE("the thing");
    now_us = 1000LL * SECOND_US;
    seen = 0;
    return 0;
}

static int teardown(void **state)
{
    sink_close(&sink);
    return sink_restore(state);
}

/* What was logged since the last call: only the messages, each with its newline. */
static const char *news(void)
{
    static char text[TEXT_BYTES], messages[TEXT_BYTES];
    ssize_t size = pread(sink.write_fd, text, sizeof(text) - 1, (off_t)seen);

    assert_true(size >= 0);
    text[size] = '\0';
    seen += (size_t)size;
    messages[0] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        assert_non_null(strstr(line, " warning test_outage["));
        strcat(strcat(messages, strstr(line, "]: ") + 3), "\n");
    }
    return messages;
}

static void fail_after_ms(int64_t milliseconds)
{
    now_us += milliseconds * 1000;
    outage_failed(&outage, "because", now_us);
}

static void work_after_ms(int64_t milliseconds)
{
    now_us += milliseconds * 1000;
    outage_over(&outage, now_us);
}

/* Goal: something that always works is not logged. */
static void test_no_failure(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        work_after_ms(1000);
    assert_string_equal(news(), "");
}

/* Goal: one line when it begins, one line when it ends. */
static void test_one_failure(void **state)
{
    (void)state;
    fail_after_ms(0);
    assert_string_equal(news(), "the thing failed: because\n");
    work_after_ms(1);
    assert_string_equal(news(), "the thing works again\n");
    work_after_ms(1);
    assert_string_equal(news(), "");
}

/* Goal: meanwhile failures are counted and reported now and then; none is forgotten. */
static void test_many_failures(void **state)
{
    (void)state;
    fail_after_ms(0);
    news();
    for (int i = 0; i < 999; i++)
        fail_after_ms(10);
    assert_string_equal(news(), "");
    fail_after_ms(10);
    assert_string_equal(news(), "the thing failed 1000 more time(s) in 10 s, the last: because\n");
    fail_after_ms(1);
    fail_after_ms(1);
    work_after_ms(1);
    assert_string_equal(news(), "the thing works again, after 2 more failure(s)\n");
}

/* Goal: a second outage, later, is logged like the first. */
static void test_second_outage(void **state)
{
    (void)state;
    fail_after_ms(0);
    work_after_ms(1);
    news();
    fail_after_ms(3600 * 1000);
    assert_string_equal(news(), "the thing failed: because\n");
}

/* Goal: something that fails and works by turns, as a client can cause, does not fill the log: two
 * lines a period. */
static void test_by_turns(void **state)
{
    unsigned lines = 0;

    (void)state;
    for (int i = 0; i < 6000; i++) { /* a minute */
        fail_after_ms(5);
        work_after_ms(5);
    }
    for (const char *at = news(); *at != '\0'; at++)
        lines += *at == '\n';
    assert_in_range(lines, 6, 2 * (60 * 1000 / OUTAGE_LOG_MS + 1));
}

/* Goal: failures that end before the next line is due are reported nevertheless. */
static void test_late_news(void **state)
{
    (void)state;
    fail_after_ms(0);
    work_after_ms(1);
    news();
    fail_after_ms(1);
    fail_after_ms(1);
    work_after_ms(1);
    assert_string_equal(news(), "");
    work_after_ms(OUTAGE_LOG_MS);
    assert_string_equal(news(), "the thing works again, after 2 more failure(s)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_outage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_by_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_news, setup, teardown),
    };

    log_open("test_outage", LOG_INFO, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
