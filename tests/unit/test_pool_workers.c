/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Workers that are stopped, killed, recycled, short of memory, or cannot start; and that nothing of
 * them is left behind. */
#include "base/deadline.h"
#include "base/status.h"
#include "pool_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_stopped_workers_are_replaced(void **state)
{
    (void)state;
    signal_children(SIGSTOP);
    assert_int_equal(run_echo("echo", 1), 0);
    assert_whole_again();
}

static void test_idle_workers_that_are_killed_are_replaced(void **state)
{
    (void)state;
    signal_children(SIGKILL);
    assert_int_equal(run_echo("echo", 1), 0);
    assert_whole_again();
}

static void *kill_for_a_while(void *stop)
{
    while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE)) {
        signal_children(SIGKILL);
        usleep(100000);
    }
    return NULL;
}

static void *run_many(void *argument)
{
    long first = (long)(intptr_t)argument;

    for (int i = 0; i < 20; i++) {
        int status = run_echo("sleep 5", (int)(first * 1000 + i));

        if (status != 0)
            return (void *)(intptr_t)status;
    }
    return NULL;
}

static void test_killed_workers_lose_nothing(void **state)
{
    pthread_t killer, runners[8];
    bool stop = false;

    (void)state;
    assert_int_equal(pthread_create(&killer, NULL, kill_for_a_while, &stop), 0);
    for (intptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&runners[i], NULL, run_many, (void *)i), 0);
    for (int i = 0; i < 8; i++) {
        void *status;

        pthread_join(runners[i], &status);
        assert_int_equal((intptr_t)status, 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    pthread_join(killer, NULL);
    assert_whole_again();
}

static void test_workers_are_recycled(void **state)
{
    struct pool_options options = default_options();
    struct pool_status status;

    (void)state;
    pool = pool_free(pool);
    options.max_jobs = 5;
    open_pool(&options);
    for (int i = 0; i < 40; i++)
        assert_int_equal(run_echo("echo", i), 0);
    pool_get_status(pool, &status);
    assert_true(status.recycled >= 6);
    assert_int_equal(status.crashes, 0);
    assert_whole_again();
}

static void test_memory_is_limited(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* a sanitizer leaves no limit on address space */
#endif
    assert_int_equal(run_status("allocate 64"), 0);
    assert_int_equal(run_status("allocate 4096"), STATUS_IMAGE_TOO_LARGE);
    assert_whole_again();
}

static void test_an_absent_program_is_an_error(void **state)
{
    struct pool_options options = default_options();
    struct pool *absent;
    char why[128];

    (void)state;
    options.program = "/nonexistent/worker";
    assert_int_equal(pool_new(&absent, &options, why), -ENOENT);
    options.program = "/bin/true";
    assert_int_equal(pool_new(&absent, &options, why), -EPIPE);
    assert_non_null(strstr(why, "exit code 0"));
}

static void test_a_limit_without_room_is_an_error(void **state)
{
    struct pool_options options = default_options();
    struct pool *absent;
    char why[128];

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* a sanitizer leaves no limit on address space */
#endif
    options.max_memory_bytes = 16 << 20;
    assert_int_equal(pool_new(&absent, &options, why), -EPERM);
    assert_non_null(strstr(why, "max_memory_bytes"));
}

static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void test_nothing_is_left_behind(void **state)
{
    int before;

    (void)state;
    pool = pool_free(pool);
    before = count_descriptors();
    for (int i = 0; i < 3; i++) {
        struct pool_options options = default_options();

        open_pool(&options);
        run_status("signal 11");
        pool = pool_free(pool);
    }
    assert_int_equal(count_descriptors(), before);
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(test_stopped_workers_are_replaced),
        POOL_TEST(test_idle_workers_that_are_killed_are_replaced),
        POOL_TEST(test_killed_workers_lose_nothing),
        POOL_TEST(test_workers_are_recycled),
        POOL_TEST(test_memory_is_limited),
        POOL_TEST(test_nothing_is_left_behind),
        cmocka_unit_test(test_a_limit_without_room_is_an_error),
        cmocka_unit_test(test_an_absent_program_is_an_error),
    };

    return cmocka_run_group_tests(tests, block_child_signal, NULL);
}
