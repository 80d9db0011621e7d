/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* How the supervisor's checks judge a worker's threads and CPU time. */
#include "base/cleanup.h"
#include "ipc/process.h"
#include "ipc/worker_watch.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOK_MS = 200, MANY = 50 };

/* A kind of worker: what it does between every two checks. */
struct habit {
    const char *name;
    int cpu_ms;   /* that it uses ... */
    int work_ms;  /* ... of jobs that ended ... */
    bool working; /* ... or a job goes on */
    int falls_at; /* the check that finds it; 0: never */
};

static const struct habit habits[] = {
    {"rests", 0, 0, false, 0},
    {"rests, and gives memory back", 9, 0, false, 0},
    {"rests, and answers health checks", 40, 20, false, 0},
    {"works on short jobs", 150, 150, false, 0},
    {"works on a long job", 200, 0, true, 0},
    {"works with two threads at once", 400, 200, false, 0},
    {"works with four threads at once", 800, 0, true, 0},
    {"computes at rest", 200, 0, false, 3},
    {"computes at rest with the tenth of a CPU that it gets", 20, 0, false, 32},
    {"computes at rest with two CPUs", 400, 0, false, 2},
    {"computes at rest with 64 CPUs", 12800, 0, false, 2},
    {"computes behind its jobs", 200, 5, false, 3},
    {"computes beside a job with 8 CPUs", 1600, 0, true, 2},
};

/* Goal: honest workers are left alone, whatever they work on; the others are found in time. */
static void test_cpu_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(habits); i++) {
        const struct habit *habit = &habits[i];
        struct worker_usage usage = {.threads = 4};
        struct worker_load load = {.working = habit->working};
        struct worker_watch watch = {0};
        char why[WORKER_WATCH_WHY_BYTES];
        int fell_at = 0;

        for (int look = 1; look <= MANY && fell_at == 0; look++) {
            if (!worker_watch_check(&watch, &usage, &load, look * LOOK_MS * 1000LL, why))
                fell_at = look;
            usage.cpu_us += habit->cpu_ms * 1000LL;
            load.worked_us += habit->work_ms * 1000LL;
        }
        if (fell_at != habit->falls_at)
            print_error("%s: beyond measure at look %d\n", habit->name, fell_at);
        assert_int_equal(fell_at, habit->falls_at);
    }
}

/* Goal: CPU time used just before the worker became idle counts for its job. */
static void test_end_of_a_job(void **state)
{
    struct worker_usage usage = {.threads = 4, .cpu_us = 0};
    struct worker_load load = {.working = true};
    struct worker_watch watch = {0};
    char why[WORKER_WATCH_WHY_BYTES];

    (void)state;
    assert_true(worker_watch_check(&watch, &usage, &load, 1000000, why));
    usage.cpu_us = 700000;
    load = (struct worker_load){.worked_us = 900000};
    assert_true(worker_watch_check(&watch, &usage, &load, 1200000, why));
    assert_int_equal(watch.excess_us, 0);
}

/* Goal: the number of threads is bounded, and an unknown number is no offence. */
static void test_threads(void **state)
{
    const struct worker_load load = {0};
    struct worker_usage usage = {.threads = WORKER_THREADS_MAX};
    struct worker_watch watch = {0};
    char why[WORKER_WATCH_WHY_BYTES];

    (void)state;
    assert_true(worker_watch_check(&watch, &usage, &load, 1, why));
    usage.threads++;
    assert_false(worker_watch_check(&watch, &usage, &load, 2, why));
    assert_non_null(strstr(why, "13 threads"));
    usage = (struct worker_usage){.threads = 0, .cpu_us = -1};
    assert_true(worker_watch_check(&watch, &usage, &load, 200000, why));
    usage.cpu_us = INT64_MAX / 2;
    assert_true(worker_watch_check(&watch, &usage, &load, 400000, why));
}

static void *wait_there(void *barrier)
{
    pthread_barrier_wait(barrier);
    return NULL;
}

/* Goal: the kernel's numbers are read correctly, even if the process gives itself a misleading
 * name. */
static void test_usage(void **state)
{
    struct worker_usage before, after;
    pthread_barrier_t barrier;
    pthread_t threads[3];

    (void)state;
    prctl(PR_SET_NAME, ") 1 2 (3) 4");
    worker_usage_read(&before, getpid());
    pthread_barrier_init(&barrier, NULL, ARRAY_LENGTH(threads) + 1);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_there, &barrier), 0);
    while (clock() < CLOCKS_PER_SEC / 10)
        ;
    worker_usage_read(&after, getpid());
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(after.threads, before.threads + ARRAY_LENGTH(threads));
    assert_in_range(after.cpu_us, 90000, 10000000);
    worker_usage_read(&after, -1);
    assert_int_equal(after.threads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpu_time),
        cmocka_unit_test(test_end_of_a_job),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_usage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
