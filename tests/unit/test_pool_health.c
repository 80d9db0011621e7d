/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Whether workers answer: pool_answers() says so truly, and harms no worker. */
#include "base/deadline.h"
#include "base/status.h"
#include "pool_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ASK_MS = 200 };

/* No worker was killed or replaced since `before` was listed. */
static void assert_nobody_hurt(const pid_t before[static CHILDREN_MAX], unsigned count)
{
    pid_t after[CHILDREN_MAX];
    struct pool_status status;

    pool_get_status(pool, &status);
    assert_int_equal(status.crashes + status.kills, 0);
    assert_int_equal(list_children(after), count);
    assert_memory_equal(after, before, count * sizeof(*after));
}

static void open_pool_of(unsigned workers)
{
    struct pool_options options = default_options();

    pool = pool_free(pool);
    options.workers = workers;
    open_pool(&options);
    assert_whole_again();
}

static void test_one_stopped_worker_harms_no_other(void **state)
{
    pid_t children[CHILDREN_MAX];
    unsigned count;

    (void)state;
    open_pool_of(4);
    count = list_children(children);
    assert_int_equal(count, 4);
    for (unsigned i = 0; i < count; i++) {
        kill(children[i], SIGSTOP);
        for (int asked = 0; asked < 5; asked++)
            assert_true(pool_answers(pool, ASK_MS));
        kill(children[i], SIGCONT);
    }
    assert_nobody_hurt(children, count);
}

static void test_no_answer_is_reported_and_a_late_one_is_ignored(void **state)
{
    pid_t children[CHILDREN_MAX];
    unsigned count = list_children(children);

    (void)state;
    assert_whole_again();
    count = list_children(children);
    signal_children(SIGSTOP);
    assert_false(pool_answers(pool, ASK_MS));
    assert_false(pool_answers(pool, ASK_MS));
    signal_children(SIGCONT);
    for (int i = 0; i < 10; i++)
        assert_int_equal(run_echo("echo", i), 0);
    assert_true(pool_answers(pool, LONG_MS));
    assert_nobody_hurt(children, count);
}

static void *ask_for_long(void *answers)
{
    *(bool *)answers = pool_answers(pool, LONG_MS);
    return NULL;
}

static void *resume_once_busy(void *unused)
{
    struct pool_status status;

    do {
        usleep(1000);
        pool_get_status(pool, &status);
    } while (status.busy == 0);
    signal_children(SIGCONT);
    return unused;
}

static void test_a_question_keeps_no_worker_from_a_job(void **state)
{
    pid_t children[CHILDREN_MAX];
    pthread_t asker, resumer;
    bool answers = false;

    (void)state;
    open_pool_of(1);
    assert_int_equal(list_children(children), 1);
    signal_children(SIGSTOP);
    assert_int_equal(pthread_create(&asker, NULL, ask_for_long, &answers), 0);
    usleep(50000); /* so that it most likely has got a ping */
    assert_int_equal(pthread_create(&resumer, NULL, resume_once_busy, NULL), 0);
    assert_int_equal(run_echo("echo", 1), 0);
    pthread_join(resumer, NULL);
    pthread_join(asker, NULL);
    assert_true(answers);
    assert_nobody_hurt(children, 1);
}

static void *hang(void *unused)
{
    struct pool_result result;

    run_command("hang", 0, 1000, -1, &result);
    return unused;
}

static void test_a_busy_worker_counts_unless_it_is_stopped(void **state)
{
    struct pool_status status;
    pthread_t busy;

    (void)state;
    open_pool_of(1);
    assert_int_equal(pthread_create(&busy, NULL, hang, NULL), 0);
    do {
        usleep(1000);
        pool_get_status(pool, &status);
    } while (status.busy == 0);
    assert_true(pool_answers(pool, 0));
    signal_children(SIGSTOP);
    while (pool_answers(pool, 0) && status.busy > 0) { /* until the signal has arrived */
        usleep(1000);
        pool_get_status(pool, &status);
    }
    assert_int_equal(status.busy, 1);
    pthread_join(busy, NULL);
    assert_whole_again();
}

static void *ask_for_a_while(void *stop)
{
    while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE))
        pool_answers(pool, ASK_MS);
    return NULL;
}

static void test_questions_beside_work(void **state)
{
    pid_t children[CHILDREN_MAX];
    pthread_t askers[3];
    bool stop = false;
    unsigned count;

    (void)state;
    assert_whole_again();
    count = list_children(children);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&askers[i], NULL, ask_for_a_while, &stop), 0);
    for (int i = 0; i < 500; i++)
        assert_int_equal(run_echo("echo", i), 0);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 3; i++)
        pthread_join(askers[i], NULL);
    assert_nobody_hurt(children, count);
}

static void test_a_stopped_worker_is_replaced_and_no_crash(void **state)
{
    struct pool_status status;
    int64_t until = deadline_after_ms(LONG_MS);

    (void)state;
    open_pool_of(1);
    signal_children(SIGSTOP);
    do {
        usleep(10000);
        pool_get_status(pool, &status);
    } while (status.kills == 0 && clock_us() < until);
    assert_whole_again();
    pool_get_status(pool, &status);
    assert_int_equal(status.kills, 1);
    assert_int_equal(status.crashes, 0);
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(test_one_stopped_worker_harms_no_other),
        POOL_TEST(test_no_answer_is_reported_and_a_late_one_is_ignored),
        POOL_TEST(test_a_question_keeps_no_worker_from_a_job),
        POOL_TEST(test_a_busy_worker_counts_unless_it_is_stopped),
        POOL_TEST(test_questions_beside_work),
        POOL_TEST(test_a_stopped_worker_is_replaced_and_no_crash),
    };

    return cmocka_run_group_tests(tests, block_child_signal, NULL);
}
