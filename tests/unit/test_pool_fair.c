/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Whose turn it is: a client's backlog, expensive jobs or abandoned jobs do not delay other
 * clients. Jobs sleep; their order is measured. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/status.h"
#include "pool_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { GREEDY = 1, HONEST = 2, CROWD = 20 };

/* A client's connections, each with one job after the other, or with a single job. */
struct crowd {
    const char *command;
    uint64_t client;
    int64_t cost_us;
    int64_t deadline_ms;
    bool once;
    atomic_bool stop;
    atomic_int answers, refusals, arrivals;
    unsigned count;
    pthread_t threads[2 * CROWD];
};

static struct pool_job job_of(uint64_t client, int64_t cost_us, int64_t deadline_ms)
{
    return (struct pool_job){
        .client = client,
        .cost_us = cost_us,
        .deadline_us = deadline_after_ms(deadline_ms),
        .client_fd = -1,
    };
}

static int run_as(uint64_t client, const char *command, int64_t cost_us)
{
    struct pool_result result;
    int status = run_job(command, 0, job_of(client, cost_us, LONG_MS), &result);

    free(result.output);
    return status;
}

static void *keep_asking(void *context)
{
    struct crowd *crowd = context;

    while (!crowd->stop) {
        struct pool_result result;
        int status = run_job(crowd->command, 0,
                             job_of(crowd->client, crowd->cost_us, crowd->deadline_ms), &result);

        crowd->answers += status == 0;
        crowd->refusals += status == STATUS_OVERLOADED;
        free(result.output);
        if (crowd->once)
            break;
        if (status != 0)
            usleep(1000);
    }
    return NULL;
}

static void start_crowd(struct crowd *crowd, unsigned count)
{
    if (crowd->deadline_ms == 0)
        crowd->deadline_ms = 1000000;
    crowd->count = count;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_create(&crowd->threads[i], NULL, keep_asking, crowd), 0);
}

static void stop_crowd(struct crowd *crowd)
{
    crowd->stop = true;
    for (unsigned i = 0; i < crowd->count; i++)
        pthread_join(crowd->threads[i], NULL);
}

static void open_single(unsigned queue_max)
{
    struct pool_options options = default_options();

    pool = pool_free(pool);
    options.workers = 1;
    options.queue_max = queue_max;
    options.queue_wait_ms = 5000;
    open_pool(&options);
}

static void await_waiting(unsigned count)
{
    struct pool_status status;

    do {
        usleep(1000);
        pool_get_status(pool, &status);
    } while (status.waiting < count || status.busy == 0);
}

/* However many jobs of the greedy client wait, the honest client's job is the next, or the one
 * after that if it came just before a turn was given. */
static void test_the_honest_waits_for_one_job_of_the_greedy(void **state)
{
    struct crowd greedy = {.command = "sleep 20", .client = GREEDY, .cost_us = 20000};
    int between = 0;

    (void)state;
    open_single(64);
    start_crowd(&greedy, CROWD);
    await_waiting(CROWD - 1);
    for (int i = 0; i < 10; i++) {
        int before = greedy.answers;

        assert_int_equal(run_as(HONEST, "sleep 20", 20000), 0);
        between += greedy.answers - before;
    }
    stop_crowd(&greedy);
    assert_true(between <= 20);
    assert_int_equal(greedy.refusals, 0);
}

/* Two clients with the same number of connections, one with jobs four times as long, get the same
 * time. */
static void test_turns_are_weighted_by_cost(void **state)
{
    struct crowd heavy = {.command = "sleep 80", .client = GREEDY, .cost_us = 80000};
    struct crowd light = {.command = "sleep 20", .client = HONEST, .cost_us = 20000};

    (void)state;
    open_single(64);
    start_crowd(&heavy, 4);
    start_crowd(&light, 4);
    while (heavy.answers < 8)
        usleep(1000);
    heavy.stop = light.stop = true;
    assert_in_range(light.answers, 13, 44); /* 8 where each counts as one */
    stop_crowd(&heavy);
    stop_crowd(&light);
}

/* What jobs took counts, not their estimates. */
static void test_a_low_estimate_buys_nothing(void **state)
{
    struct crowd liar = {.command = "sleep 80", .client = GREEDY, .cost_us = 100};
    struct crowd light = {.command = "sleep 20", .client = HONEST, .cost_us = 20000};

    (void)state;
    open_single(64);
    start_crowd(&liar, 4);
    start_crowd(&light, 4);
    while (liar.answers < 8)
        usleep(1000);
    liar.stop = light.stop = true;
    assert_in_range(light.answers, 13, 44); /* 8 where each counts as one */
    stop_crowd(&liar);
    stop_crowd(&light);
}

/* Jobs with a high estimate that take little time, such as huge images that are truncated, give
 * their client no advantage: neither over jobs that come before they end, nor over later ones. */
static void test_a_high_estimate_buys_nothing(void **state)
{
    struct crowd cheap = {.command = "sleep 20", .client = GREEDY, .cost_us = 20000};
    struct crowd dear = {.command = "sleep 20", .client = GREEDY, .cost_us = 4000000};
    struct pool_options options = default_options();
    int before;

    (void)state;
    pool = pool_free(pool);
    options.queue_max = 64;
    open_pool(&options);
    start_crowd(&cheap, 10);
    await_waiting(8);
    start_crowd(&dear, 4);
    while (dear.answers < 8)
        usleep(1000);
    dear.stop = true;
    before = cheap.answers + dear.answers;
    for (int i = 0; i < 5; i++)
        assert_int_equal(run_as(HONEST, "sleep 20", 20000), 0);
    assert_true(cheap.answers + dear.answers - before <= 40);
    stop_crowd(&dear);
    stop_crowd(&cheap);
}

/* Of a queue that holds so many a client gets so many places, and no more. */
static void assert_places(unsigned queue_max, double share, unsigned places)
{
    struct crowd busy = {.command = "hang", .once = true, .deadline_ms = 2000};
    struct crowd greedy = {.command = "echo", .client = GREEDY, .once = true};
    struct pool_options options = default_options();
    struct pool_status status;

    pool = pool_free(pool);
    options.workers = 1;
    options.queue_max = queue_max;
    options.queue_share_per_client = share;
    options.queue_wait_ms = 5000;
    open_pool(&options);
    start_crowd(&busy, 1);
    await_waiting(0);
    start_crowd(&greedy, places + 6);
    do {
        usleep(1000);
        pool_get_status(pool, &status);
    } while (status.waiting + (unsigned)(greedy.refusals + greedy.answers) < places + 6);
    assert_true(pool_is_full(pool, GREEDY));
    assert_false(pool_is_full(pool, HONEST));
    assert_int_equal(run_as(HONEST, "echo", 0), 0);
    stop_crowd(&greedy);
    stop_crowd(&busy);
    assert_int_equal(greedy.answers, places);
    assert_int_equal(greedy.refusals, 6);
}

static void test_a_client_has_a_share_of_the_queue(void **state)
{
    (void)state;
    assert_places(8, 0.5, 4);
    assert_places(8, 0.6, 4);    /* 4.8 */
    assert_places(50, 0.58, 29); /* 28.999999999999996, in binary */
}

/* A job that would wait too long is refused at once; other clients' jobs are not. */
static void test_a_backlog_refuses_its_owner_only(void **state)
{
    struct crowd busy = {.command = "hang", .once = true, .deadline_ms = 500};
    struct crowd greedy = {.command = "echo", .client = GREEDY, .cost_us = 2000000, .once = true};

    (void)state;
    open_single(64);
    assert_int_equal(run_as(0, "sleep 50", 50000), 0); /* the estimate is right */
    start_crowd(&busy, 1);
    await_waiting(0);
    start_crowd(&greedy, 10);
    while (greedy.refusals == 0)
        usleep(1000);
    assert_true(pool_is_full(pool, GREEDY));
    assert_false(pool_is_full(pool, HONEST));
    assert_int_equal(run_as(HONEST, "echo", 100), 0);
    stop_crowd(&greedy);
    stop_crowd(&busy);
    assert_in_range(greedy.answers, 1, 5);
}

static void *ask_first(void *answers)
{
    assert_int_equal(run_as(GREEDY, "echo", 100), 0);
    atomic_fetch_add((atomic_int *)answers, 1);
    return NULL;
}

static void *hang_up(void *fd)
{
    await_waiting(0);
    close(*(int *)fd);
    return NULL;
}

/* A job that its client abandoned counts. */
static void test_hanging_up_buys_no_turns(void **state)
{
    struct pool_result result;
    struct pool_job job;
    pthread_t leaver, greedy;
    atomic_int answers = 0;
    int pair[2];

    (void)state;
    open_single(8);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    job = job_of(GREEDY, 100, LONG_MS);
    job.client_fd = pair[0];
    pthread_create(&leaver, NULL, hang_up, &pair[1]);
    assert_int_equal(run_job("sleep 400", 0, job, &result), STATUS_CLIENT_GONE);
    pthread_join(leaver, NULL);
    close(pair[0]);
    pthread_create(&greedy, NULL, ask_first, &answers);
    await_waiting(1);
    assert_int_equal(run_as(HONEST, "sleep 100", 100), 0);
    assert_int_equal(answers, 0);
    pthread_join(greedy, NULL);
    assert_whole_again();
}

/* --- reasons not to begin, and not to take a result ------------------------------------------- */

static void test_no_work_is_begun_that_cannot_end_in_time(void **state)
{
    struct pool_result result;
    struct pool_status status;

    (void)state;
    assert_int_equal(run_job("echo", 0, job_of(HONEST, 60000000, LONG_MS), &result),
                     STATUS_OVERLOADED);
    assert_non_null(result.detail);
    assert_true(result.detail[0] != '\0');
    pool_get_status(pool, &status);
    assert_int_equal(status.jobs, 0);
    assert_whole_again();
}

struct purse {
    size_t asked;
    bool answer;
};

static bool reserve(void *context, size_t bytes)
{
    struct purse *purse = context;

    purse->asked += bytes;
    return purse->answer;
}

static void test_a_result_without_a_reservation_is_dropped(void **state)
{
    struct pool_status before, after;
    struct pool_result result;

    (void)state;
    pool_get_status(pool, &before);
    for (int answer = 0; answer <= 1; answer++) {
        struct purse purse = {.answer = answer};
        struct pool_job job = job_of(HONEST, 0, LONG_MS);

        job.reserve = reserve;
        job.reserve_context = &purse;
        assert_int_equal(run_job("echo", 0, job, &result), answer ? 0 : STATUS_OVERLOADED);
        assert_int_equal(result.output != NULL, answer);
        assert_int_equal(purse.asked, 256);
        free(result.output);
    }
    pool_get_status(pool, &after);
    assert_int_equal(after.jobs - before.jobs, 2);
    assert_int_equal(after.crashes + after.kills + after.recycled, 0);
    assert_whole_again();
}

static void test_a_worker_short_of_memory_is_no_crash(void **state)
{
    struct pool_status status;

    (void)state;
    assert_int_equal(run_status("run-short"), STATUS_OVERLOADED);
    pool_get_status(pool, &status);
    assert_int_equal(status.jobs, 1);
    assert_int_equal(status.recycled, 1);
    assert_int_equal(status.crashes + status.kills, 0);
    assert_whole_again();
}

/* The number of clients that are remembered is bounded, and ASan sees that the others are freed. */
static void test_many_clients_come_and_go(void **state)
{
    struct crowd busy = {.command = "sleep 2", .client = GREEDY, .cost_us = 2000};

    (void)state;
    start_crowd(&busy, 4);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(run_as(1000 + (uint64_t)i, "echo", 100000), 0);
    stop_crowd(&busy);
    assert_whole_again();
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(test_the_honest_waits_for_one_job_of_the_greedy),
        POOL_TEST(test_turns_are_weighted_by_cost),
        POOL_TEST(test_a_low_estimate_buys_nothing),
        POOL_TEST(test_a_high_estimate_buys_nothing),
        POOL_TEST(test_a_client_has_a_share_of_the_queue),
        POOL_TEST(test_a_backlog_refuses_its_owner_only),
        POOL_TEST(test_hanging_up_buys_no_turns),
        POOL_TEST(test_no_work_is_begun_that_cannot_end_in_time),
        POOL_TEST(test_a_result_without_a_reservation_is_dropped),
        POOL_TEST(test_a_worker_short_of_memory_is_no_crash),
        POOL_TEST(test_many_clients_come_and_go),
    };

    return cmocka_run_group_tests(tests, block_child_signal, NULL);
}
