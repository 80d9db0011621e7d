/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/log.h"

#include "base/cleanup.h"
#include "log_sink.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

/* The log with its writer thread, on everything that standard error can be, read or not. */

enum {
    LINES = 2000, /* of each thread; more than the ring holds */
    PATIENCE_MS = 20000,
};

static void *write_many(void *argument)
{
    for (unsigned i = 0; i < LINES; i++)
        log_info("thread %u line %u", (unsigned)(uintptr_t)argument, i);
    return NULL;
}

static void log_from_threads(void)
{
    pthread_t threads[LOG_THREADS];

    for (uintptr_t i = 0; i < LOG_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, (void *)i), 0);
    for (size_t i = 0; i < LOG_THREADS; i++)
        pthread_join(threads[i], NULL);
}

struct line_reader {
    int fd;
    struct log_reading reading;
};

static void *read_all(void *argument)
{
    struct line_reader *reader = argument;

    log_read_until(&reader->reading, reader->fd, LOG_THREADS * LINES);
    return NULL;
}

/* Goal: with a reader, every line of every thread arrives whole and in order, or is reported as
 * lost. */
static void test_read(void **state)
{
    struct log_sink (*const kinds[])(void) = {sink_pipe, sink_impatient_pipe, sink_stream,
                                              sink_messages, sink_terminal};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct log_sink sink = kinds[i]();
        struct line_reader reader = {.fd = sink.read_fd};
        pthread_t thread;

        sink_redirect(&sink);
        assert_int_equal(pthread_create(&thread, NULL, read_all, &reader), 0);
        log_from_threads();
        pthread_join(thread, NULL);
        log_flush(PATIENCE_MS);
        assert_int_equal(reader.reading.wrong, 0);
        assert_int_equal(reader.reading.lines + reader.reading.lost, LOG_THREADS * LINES);
        assert_int_equal(reader.reading.rest_size, 0);
        sink_close(&sink);
    }
}

/* Goal: each line is one write. */
static void test_one_write(void **state)
{
    struct log_sink sink = sink_messages();
    char text[SINK_BYTES];

    (void)state;
    sink_redirect(&sink);
    log_some(20);
    for (int i = 0; i < 20; i++) {
        ssize_t size = recv(sink.read_fd, text, sizeof(text), 0);

        assert_true(size > 0 && memchr(text, '\n', (size_t)size) == text + size - 1);
    }
    sink_close(&sink);
}

/* Goal: a file gets all lines that the ring had room for. */
static void test_file(void **state)
{
    struct log_sink sink = sink_file();
    struct log_reading reading = {0};
    char text[SINK_BYTES];
    off_t at = 0;
    ssize_t size;

    (void)state;
    sink_redirect(&sink);
    log_from_threads();
    log_flush(PATIENCE_MS);
    while ((size = pread(sink.write_fd, text, sizeof(text), at)) > 0) {
        log_read_text(&reading, text, (size_t)size);
        at += size;
    }
    assert_int_equal(reading.wrong, 0);
    assert_int_equal(reading.lines + reading.lost, LOG_THREADS * LINES);
    sink_close(&sink);
}

/* Goal: without a reader, threads that log are not blocked; once there is one, a single line
 * reports how many lines were lost, and later lines arrive. */
static void test_without_a_reader(void **state)
{
    struct log_sink (*const kinds[])(void) = {sink_pipe, sink_impatient_pipe, sink_stream,
                                              sink_terminal};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        const unsigned long long lost_before = log_lost_lines();
        struct log_sink sink = kinds[i]();
        struct log_reading reading = {0};

        sink_redirect(&sink);
        log_from_threads();
        assert_false(log_flush(50));
        log_read_until(&reading, sink.read_fd, LOG_THREADS * LINES);
        assert_int_equal(reading.wrong, 0);
        assert_int_equal(reading.reports, 1);
        assert_true(reading.lost > 0 && reading.lines > 100);
        assert_int_equal(log_lost_lines() - lost_before, reading.lost);
        assert_int_equal(reading.lines + reading.lost, LOG_THREADS * LINES);
        log_info("thread 0 line %d", LINES);
        log_read_until(&reading, sink.read_fd, LOG_THREADS * LINES + 1);
        assert_int_equal(reading.next[0], LINES + 1);
        assert_true(log_flush(PATIENCE_MS));
        sink_close(&sink);
    }
}

/* Goal: a reader that goes away does no harm; the next one gets the number of lost lines. */
static void test_broken_pipe(void **state)
{
    const unsigned long long lost_before = log_lost_lines();
    struct log_sink broken = sink_pipe(), sink = sink_pipe();
    struct log_reading reading = {0};

    (void)state;
    sink_redirect(&broken);
    close(broken.read_fd);
    log_some(10);
    assert_false(log_flush(PATIENCE_MS));
    sink_redirect(&sink);
    log_info("thread 0 line 10");
    log_read_until(&reading, sink.read_fd, 11);
    assert_int_equal(reading.lost, 10);
    assert_int_equal(log_lost_lines() - lost_before, 10);
    assert_int_equal(reading.lines, 1);
    assert_int_equal(reading.wrong, 0);
    close(broken.write_fd);
    sink_close(&sink);
}

/* Goal: a file that may not grow does no harm either, and if it ends within a line, the next line
 * that is written begins on its own. */
static void test_full_file(void **state)
{
    struct log_sink sink = sink_file();
    struct log_reading reading = {0};
    struct rlimit before, small;
    char text[8 * SINK_BYTES];
    ssize_t size;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){SINK_BYTES + 7, before.rlim_max};
    sink_redirect(&sink);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    log_some(200);
    assert_false(log_flush(PATIENCE_MS));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    log_info("thread 0 line 200");
    assert_true(log_flush(PATIENCE_MS));
    size = pread(sink.write_fd, text, sizeof(text), 0);
    assert_true(size > 0 && size < (ssize_t)sizeof(text));
    log_read_text(&reading, text, (size_t)size);
    assert_int_equal(reading.next[0], 201);
    assert_int_equal(reading.reports, 1);
    assert_true(reading.wrong <= 1); /* the torn one, which is counted as lost */
    assert_int_equal(reading.lines + reading.lost, 201);
    sink_close(&sink);
}

/* The one line that is written meanwhile. */
static void catch_fields(enum log_format format, const char *message,
                         const struct log_field *fields, size_t count, char line[static SINK_BYTES])
{
    static const struct log_request ids = {"id-1", "0af7651916cd43dd8448eb211c80319c",
                                           "b7ad6b7169203331"};
    struct log_sink sink = sink_messages();
    ssize_t size;

    sink_redirect(&sink);
    log_change(LOG_INFO, format);
    log_set_request(&ids);
    log_fields(LOG_INFO, message, fields, count);
    log_set_request(NULL);
    log_change(LOG_INFO, LOG_TEXT);
    size = recv(sink.read_fd, line, SINK_BYTES - 1, 0);
    assert_true(size > 0);
    line[size] = '\0';
    sink_close(&sink);
}

/* Goal: fields in both forms, escaped, with their request's ids. */
static void test_fields(void **state)
{
    static const struct log_field fields[] = {
        {.name = "word", .text = "gray"},
        {.name = "odd", .text = "a \"b\"\n\x1b[1m=\xff"},
        {.name = "count", .number = 70},
        {.name = "ms", .number = 12003, .decimals = 3},
        {.name = "short_ms", .number = 7, .decimals = 3},
    };
    char line[SINK_BYTES];

    (void)state;
    catch_fields(LOG_TEXT, "GET /a\nb 200", fields, ARRAY_LENGTH(fields), line);
    assert_non_null(strstr(line,
                           ": [id-1] GET /a?b 200 word=gray odd=\"a \\\"b\\\"\\u000a\\u001b[1m="
                           "\xef\xbf\xbd\" count=70 ms=12.003 short_ms=0.007 "
                           "trace_id=0af7651916cd43dd8448eb211c80319c "
                           "span_id=b7ad6b7169203331\n"));
    catch_fields(LOG_JSON, "GET /a\nb 200", fields, ARRAY_LENGTH(fields), line);
    assert_non_null(strstr(line, "\"request_id\":\"id-1\","
                                 "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\","
                                 "\"span_id\":\"b7ad6b7169203331\","
                                 "\"message\":\"GET /a\\u000ab 200\",\"word\":\"gray\","
                                 "\"odd\":\"a \\\"b\\\"\\u000a\\u001b[1m=\xef\xbf\xbd\","
                                 "\"count\":70,\"ms\":12.003,\"short_ms\":0.007}\n"));
}

/* Goal: the longest line is whole. */
static void test_longest_fields(void **state)
{
    struct log_field fields[LOG_FIELDS_MAX];
    char line[SINK_BYTES], message[1000], text[500];

    (void)state;
    memset(message, '\n', sizeof(message) - 1);
    memset(text, '"', sizeof(text) - 1);
    message[sizeof(message) - 1] = text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        fields[i] = (struct log_field){.name = "twelve_bytes", .text = text};
    catch_fields(LOG_JSON, message, fields, ARRAY_LENGTH(fields), line);
    assert_non_null(strstr(line, "\"}\n"));
    catch_fields(LOG_TEXT, message, fields, ARRAY_LENGTH(fields), line);
    assert_non_null(strstr(line, " span_id=b7ad6b7169203331\n"));
}

/* Goal: the time is the calendar's. */
static void test_time(void **state)
{
    char line[SINK_BYTES], expected[40];
    time_t before, after;
    struct tm utc;

    (void)state;
    do {
        before = time(NULL);
        catch_fields(LOG_TEXT, "now", NULL, 0, line);
        after = time(NULL);
    } while (before != after);
    gmtime_r(&before, &utc);
    assert_int_equal(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.", &utc), 20);
    assert_memory_equal(line, expected, 20);
    assert_memory_equal(line + 23, "Z info test_log[", 16);
}

static int start_writer(void **state)
{
    (void)state;
    return log_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_read, sink_restore),
        cmocka_unit_test_teardown(test_one_write, sink_restore),
        cmocka_unit_test_teardown(test_file, sink_restore),
        cmocka_unit_test_teardown(test_without_a_reader, sink_restore),
        cmocka_unit_test_teardown(test_broken_pipe, sink_restore),
        cmocka_unit_test_teardown(test_full_file, sink_restore),
        cmocka_unit_test_teardown(test_fields, sink_restore),
        cmocka_unit_test_teardown(test_longest_fields, sink_restore),
        cmocka_unit_test_teardown(test_time, sink_restore),
    };

    log_open("test_log", LOG_INFO, LOG_TEXT);
    return cmocka_run_group_tests(tests, start_writer, NULL);
}
