/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* The fate of a job: whatever its worker and its client do, its owner gets one true answer in time,
 * and afterwards the pool is complete again. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/status.h"
#include "pool_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void test_answers_are_the_jobs_own(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(run_echo("echo", i), 0);
}

static void test_a_workers_status_passes(void **state)
{
    struct pool_result result;

    (void)state;
    assert_int_equal(run_command("status 9", 0, LONG_MS, -1, &result), STATUS_IMAGE_CORRUPT);
    assert_null(result.output);
    assert_string_equal(result.detail, "on command");
    assert_whole_again();
}

static void test_twice_dead_is_an_answer(void **state)
{
    static const char *const commands[] = {"signal 11", "signal 6", "exit 3"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        struct pool_status before, after;

        pool_get_status(pool, &before);
        assert_int_equal(run_status(commands[i]), STATUS_IMAGE_CRASHED_DECODER);
        pool_get_status(pool, &after);
        assert_int_equal(after.crashes - before.crashes, 2);
        assert_int_equal(after.exits[POOL_EXIT_CRASHED] - before.exits[POOL_EXIT_CRASHED], 2);
        assert_int_equal(after.retries - before.retries, 1);
        assert_whole_again();
    }
}

static void test_lies_are_never_believed(void **state)
{
    static const char *const lies[] = {
        "lie length",  "lie offset", "lie generation", "lie version",       "lie short",
        "lie garbage", "lie status", "lie nothing",    "lie result-length", "lie result-beyond"};
    struct pool_status status;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lies); i++) {
        assert_int_equal(run_status(lies[i]), STATUS_IMAGE_CRASHED_DECODER);
        assert_whole_again();
    }
    pool_get_status(pool, &status);
    assert_true(status.exits[POOL_EXIT_PROTOCOL] >= 2 * (ARRAY_LENGTH(lies) - 1));
    assert_int_equal(status.exits[POOL_EXIT_PROTOCOL], status.crashes);
}

/* A job's body reaches the handler, and the handler's result the caller, as they are. */
static void test_body_and_result_are_carried_unread(void **state)
{
    static const size_t sizes[] = {1, 7, 100, JOB_BODY_BYTES};
    uint8_t body[JOB_BODY_BYTES];
    struct pool_result result;

    (void)state;
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (uint8_t)(i * 31 + 5);
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        struct pool_job job = {.body = body,
                               .body_size = sizes[i],
                               .deadline_us = deadline_after_ms(LONG_MS),
                               .client_fd = -1};

        assert_int_equal(run_job("body", (int)i, job, &result), 0);
        assert_int_equal(result.output_size, sizes[i]);
        assert_memory_equal(result.output, body, sizes[i]);
        free(result.output);
    }
    for (size_t size = 0; size <= JOB_RESULT_BYTES; size += 128) {
        char command[32];

        snprintf(command, sizeof(command), "result %zu", size);
        assert_int_equal(run_command(command, 0, LONG_MS, -1, &result), 0);
        assert_int_equal(result.result_size, size);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(result.result[i], (uint8_t)i);
        free(result.output);
    }
    assert_whole_again();
}

static void test_a_body_that_is_too_long_is_refused(void **state)
{
    static const uint8_t body[JOB_BODY_BYTES + 1];
    struct pool_job job = {.body = body,
                           .body_size = sizeof(body),
                           .deadline_us = deadline_after_ms(LONG_MS),
                           .client_fd = -1};
    struct pool_result result;

    (void)state;
    assert_int_equal(run_job("echo", 0, job, &result), -EMSGSIZE);
    assert_whole_again();
}

static bool refuses_the_first(const struct pool_result *result, const void *context)
{
    int *asked = *(int *const *)context;

    assert_non_null(result->output);
    return (*asked)++ > 0;
}

/* If the result is not what was asked for, its worker breaks the rules, and another one gets the
 * job. */
static void test_what_is_not_accepted_is_tried_again(void **state)
{
    static const char input[] = "\x89PNG\r\n\x1a\n                         echo\n";
    int asked = 0, *context = &asked;
    struct pool_job job = {
        .input = input,
        .input_size = sizeof(input) - 1,
        .deadline_us = deadline_after_ms(LONG_MS),
        .client_fd = -1,
        .accepts = refuses_the_first,
        .context = &context,
    };
    struct pool_result result;
    struct pool_status status;

    (void)state;
    assert_int_equal(pool_run(pool, &job, &result), 0);
    assert_int_equal(asked, 2);
    assert_int_equal(result.output_size, job.input_size);
    free(result.output);
    pool_get_status(pool, &status);
    assert_int_equal(status.crashes, 1);
    assert_whole_again();
}

static void test_a_second_reply_answers_nobody_else(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(run_echo("lie twice", i), 0);
        assert_int_equal(run_echo("echo", 1000 + i), 0);
    }
    assert_whole_again();
}

static void test_deadline_kills_and_replaces(void **state)
{
    struct pool_result result;
    int64_t started = clock_us();

    (void)state;
    assert_int_equal(run_command("hang", 0, 200, -1, &result), STATUS_DEADLINE_EXCEEDED);
    assert_true(clock_us() - started >= 200000);
    assert_true(clock_us() - started < 10000000);
    assert_whole_again();
}

/* A client that closes its socket (POLLHUP) once a worker has its job, or is about to get it on a
 * busy machine. */
static void *leave_soon(void *fd)
{
    struct pool_status status;

    do {
        usleep(1000);
        pool_get_status(pool, &status);
    } while (status.busy == 0);
    usleep(10000);
    close(*(int *)fd);
    return NULL;
}

/* A client that hangs up on a short job costs no worker. */
static void test_short_jobs_of_clients_that_left_kill_nobody(void **state)
{
    pid_t before[CHILDREN_MAX], after[CHILDREN_MAX];
    unsigned count = list_children(before);
    struct pool_status status;

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pool_result result;
        pthread_t leaver;
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_int_equal(pthread_create(&leaver, NULL, leave_soon, &pair[1]), 0);
        assert_int_equal(run_command("sleep 60", i, LONG_MS, pair[0], &result), STATUS_CLIENT_GONE);
        assert_null(result.output);
        pthread_join(leaver, NULL);
        close(pair[0]);
        assert_int_equal(run_echo("echo", i), 0);
    }
    assert_whole_again();
    pool_get_status(pool, &status);
    assert_int_equal(status.kills + status.crashes, 0);
    assert_true(status.jobs >
                21); /* the echoes, that of assert_whole_again(), and one that could finish */
    assert_int_equal(list_children(after), count);
    assert_memory_equal(after, before, count * sizeof(*after));
}

static void test_a_long_job_of_a_client_that_left_is_killed(void **state)
{
    struct pool_status status;

    (void)state;
    do { /* once, unless the client left before any work was begun */
        struct pool_result result;
        int64_t started = clock_us();
        pthread_t leaver;
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_int_equal(pthread_create(&leaver, NULL, leave_soon, &pair[1]), 0);
        assert_int_equal(run_command("hang", 0, LONG_MS, pair[0], &result), STATUS_CLIENT_GONE);
        assert_true(clock_us() - started < LONG_MS * 1000LL / 2);
        pthread_join(leaver, NULL);
        close(pair[0]);
        assert_whole_again();
        pool_get_status(pool, &status);
    } while (status.kills == 0 && status.jobs < 10); /* each round has one */
    assert_int_equal(status.kills, 1);
    assert_int_equal(status.exits[POOL_EXIT_ABANDONED], 1);
}

/* A deadline that the client chose is no reason for a kill, either. */
static void test_short_jobs_that_miss_their_deadline_kill_nobody(void **state)
{
    struct pool_result result;
    struct pool_status status;

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(run_command("sleep 60", i, 5, -1, &result), STATUS_DEADLINE_EXCEEDED);
    assert_whole_again();
    pool_get_status(pool, &status);
    assert_int_equal(status.kills + status.crashes, 0);
}

/* A worker may answer honestly and then not wait for its next job. */
static void test_a_worker_that_does_not_come_back_costs_no_deadline(void **state)
{
    struct pool_status status;
    int64_t started;

    (void)state;
    assert_int_equal(run_echo("lie hang", 1), 0);
    started = clock_us();
    for (int i = 0; i < 5; i++)
        assert_int_equal(run_echo("echo", i), 0);
    assert_true(clock_us() - started < LONG_MS * 1000LL / 5);
    assert_whole_again();
    pool_get_status(pool, &status);
    assert_int_equal(status.crashes, 0);
    assert_int_equal(status.kills, 1);
    assert_int_equal(status.exits[POOL_EXIT_SILENT], 1);
}

/* A worker that returns late is lent again. The pause: until it most likely gives back memory,
 * which takes it long. */
static void test_a_worker_that_comes_back_late_is_not_killed(void **state)
{
    struct pool_options options = default_options();
    struct pool_status status;

    (void)state;
    pool = pool_free(pool);
    options.workers = 1;
    open_pool(&options);
    assert_int_equal(run_echo("rest-long", 1), 0);
    usleep(600000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(run_echo("echo", i), 0);
    assert_whole_again();
    pool_get_status(pool, &status);
    assert_int_equal(status.crashes + status.kills, 0);
}

static void test_no_work_is_begun_for_a_client_that_left(void **state)
{
    struct pool_result result;
    struct pool_status status;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    assert_int_equal(run_command("hang", 0, LONG_MS, pair[0], &result), STATUS_CLIENT_GONE);
    close(pair[0]);
    pool_get_status(pool, &status);
    assert_int_equal(status.jobs + status.kills + status.crashes, 0);
    assert_whole_again();
}

static void test_a_half_closed_client_gets_its_answer(void **state)
{
    struct pool_result result;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    shutdown(pair[1], SHUT_WR);
    assert_int_equal(run_command("sleep 100", 0, LONG_MS, pair[0], &result), 0);
    free(result.output);
    assert_int_equal(run_command("hang", 0, LONG_MS, pair[0], &result), STATUS_CLIENT_GONE);
    close(pair[0]);
    close(pair[1]);
    assert_whole_again();
}

enum { HANG_MS = 2000 };

static void *run_hang(void *status)
{
    struct pool_result result;

    *(int *)status = run_command("hang", 0, HANG_MS, -1, &result);
    return NULL;
}

static void test_a_full_queue_refuses_at_once(void **state)
{
    struct pool_options options = default_options();
    struct pool_result result;
    pthread_t busy, waiting;
    int statuses[2];

    (void)state;
    pool = pool_free(pool);
    options.workers = 1;
    options.queue_max = 1;
    open_pool(&options);
    pthread_create(&busy, NULL, run_hang, &statuses[0]);
    pthread_create(&waiting, NULL, run_hang, &statuses[1]);
    while (!pool_is_full(pool, 0))
        usleep(1000);
    assert_int_equal(run_command("echo", 0, LONG_MS, -1, &result), STATUS_OVERLOADED);
    assert_true(pool_is_full(pool, 0)); /* so it did not wait for either */
    pthread_join(busy, NULL);
    pthread_join(waiting, NULL);
    assert_int_equal(statuses[0], STATUS_DEADLINE_EXCEEDED);
    assert_int_equal(statuses[1], STATUS_DEADLINE_EXCEEDED);
    assert_whole_again();
}

static void test_waiting_too_long_is_refused(void **state)
{
    struct pool_options options = default_options();
    struct pool_result result;
    pthread_t busy;
    int status;

    (void)state;
    pool = pool_free(pool);
    options.workers = 1;
    options.queue_wait_ms = 50;
    open_pool(&options);
    pthread_create(&busy, NULL, run_hang, &status);
    while (pool_answers(pool, 100)) {
        struct pool_status now;

        pool_get_status(pool, &now);
        if (now.busy == 1)
            break;
    }
    assert_int_equal(run_command("echo", 0, LONG_MS, -1, &result), STATUS_OVERLOADED);
    pthread_join(busy, NULL);
    assert_whole_again();
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(test_answers_are_the_jobs_own),
        POOL_TEST(test_a_workers_status_passes),
        POOL_TEST(test_twice_dead_is_an_answer),
        POOL_TEST(test_lies_are_never_believed),
        POOL_TEST(test_body_and_result_are_carried_unread),
        POOL_TEST(test_a_body_that_is_too_long_is_refused),
        POOL_TEST(test_what_is_not_accepted_is_tried_again),
        POOL_TEST(test_a_second_reply_answers_nobody_else),
        POOL_TEST(test_deadline_kills_and_replaces),
        POOL_TEST(test_short_jobs_of_clients_that_left_kill_nobody),
        POOL_TEST(test_a_long_job_of_a_client_that_left_is_killed),
        POOL_TEST(test_short_jobs_that_miss_their_deadline_kill_nobody),
        POOL_TEST(test_a_worker_that_does_not_come_back_costs_no_deadline),
        POOL_TEST(test_a_worker_that_comes_back_late_is_not_killed),
        POOL_TEST(test_no_work_is_begun_for_a_client_that_left),
        POOL_TEST(test_a_half_closed_client_gets_its_answer),
        POOL_TEST(test_a_full_queue_refuses_at_once),
        POOL_TEST(test_waiting_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, block_child_signal, NULL);
}
