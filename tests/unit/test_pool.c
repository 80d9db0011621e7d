/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* The pool against a worker that obeys orders in its picture: every way in which a worker can end,
 * lie or be late, and what the job's owner and everybody else see of it. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/status.h"
#include "ipc/pool.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

enum { ORDER_OFFSET = 33, PICTURE_BYTES = 256, LONG_MS = 10000 };

static struct pool *pool;

static struct pool_options default_options(void)
{
    return (struct pool_options){
        .program = getenv("HOSTILE_WORKER"),
        .workers = 2,
        .queue_max = 8,
        .queue_wait_ms = 5000,
        .max_memory_bytes = 1ULL << 30,
        .max_input_bytes = 1 << 20,
        .max_output_bytes = 1 << 20,
        .sandbox = true,
    };
}

static void open_pool(const struct pool_options *options)
{
    char why[128];

    assert_int_equal(pool_new(&pool, options, why), 0);
}

static int set_up(void **state)
{
    struct pool_options options = default_options();

    (void)state;
    open_pool(&options);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pool = pool_free(pool);
    return 0;
}

/* A picture with an order in it and a number that makes it different from the others. */
static void draw(uint8_t picture[static PICTURE_BYTES], const char *order, int number)
{
    memset(picture, 0, PICTURE_BYTES);
    memcpy(picture, "\x89PNG\r\n\x1a\n", 8);
    snprintf((char *)picture + ORDER_OFFSET, PICTURE_BYTES - ORDER_OFFSET, "%s\n%d", order, number);
}

static int run(const char *order, int number, int64_t deadline_ms, int client_fd,
               struct pool_result *result)
{
    uint8_t picture[PICTURE_BYTES];
    struct pool_job job = {
        .kind = JOB_GRAY,
        .parameters = {.factor = 1, .default_quality = 80},
        .input = picture,
        .input_size = PICTURE_BYTES,
        .deadline_us = deadline_after_ms(deadline_ms),
        .client_fd = client_fd,
    };

    draw(picture, order, number);
    return pool_run(pool, &job, result);
}

/* Runs an order and says whether the answer is exactly the picture that was sent. */
static int run_echo(const char *order, int number)
{
    uint8_t picture[PICTURE_BYTES];
    struct pool_result result;
    int status = run(order, number, LONG_MS, -1, &result);

    draw(picture, order, number);
    if (status == 0 && (result.output_size != PICTURE_BYTES ||
                        memcmp(result.output, picture, PICTURE_BYTES) != 0))
        status = -EBADMSG;
    free(result.output);
    return status;
}

static int run_status(const char *order)
{
    struct pool_result result;
    int status = run(order, 0, LONG_MS, -1, &result);

    free(result.output);
    return status;
}

static void assert_whole_again(void)
{
    struct pool_status status;
    int64_t until = deadline_after_ms(2000);

    do {
        pool_get_status(pool, &status);
        if (status.idle == status.workers)
            break;
        usleep(2000);
    } while (clock_us() < until);
    assert_int_equal(status.idle, status.workers);
    assert_int_equal(status.waiting, 0);
    assert_int_equal(run_echo("echo", 99), 0);
}

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
    assert_int_equal(run("status 9", 0, LONG_MS, -1, &result), STATUS_IMAGE_CORRUPT);
    assert_null(result.output);
    assert_string_equal(result.detail, "as ordered");
    assert_whole_again();
}

static void test_twice_dead_is_an_answer(void **state)
{
    static const char *const orders[] = {"signal 11", "signal 6", "exit 3"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        struct pool_status before, after;

        pool_get_status(pool, &before);
        assert_int_equal(run_status(orders[i]), STATUS_IMAGE_CRASHED_DECODER);
        pool_get_status(pool, &after);
        assert_int_equal(after.crashes - before.crashes, 2);
        assert_whole_again();
    }
}

static void test_lies_are_never_believed(void **state)
{
    static const char *const lies[] = {"lie length",  "lie offset", "lie generation", "lie version",
                                       "lie short",   "lie garbage", "lie status",    "lie nothing"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lies); i++) {
        assert_int_equal(run_status(lies[i]), STATUS_IMAGE_CRASHED_DECODER);
        assert_whole_again();
    }
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
    assert_int_equal(run("hang", 0, 200, -1, &result), STATUS_DEADLINE_EXCEEDED);
    assert_true(clock_us() - started >= 200000);
    assert_true(clock_us() - started < 1500000);
    assert_whole_again();
}

static void test_a_client_that_resets_frees_its_worker(void **state)
{
    struct pool_result result;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]); /* both directions gone: POLLHUP */
    assert_int_equal(run("hang", 0, LONG_MS, pair[0], &result), STATUS_CLIENT_GONE);
    close(pair[0]);
    assert_whole_again();
}

static void test_a_half_closed_client_gets_its_answer(void **state)
{
    struct pool_result result;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    shutdown(pair[1], SHUT_WR);
    assert_int_equal(run("sleep 100", 0, LONG_MS, pair[0], &result), 0);
    free(result.output);
    assert_int_equal(run("hang", 0, LONG_MS, pair[0], &result), STATUS_CLIENT_GONE);
    close(pair[0]);
    close(pair[1]);
    assert_whole_again();
}

/* Whether `text` is the pid of a child of this process that runs the hostile worker. */
static pid_t parse_child(const char *text)
{
    char path[64], line[512];
    pid_t pid = atoi(text);
    int parent = 0;
    FILE *file;

    if (pid <= 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return -1;
    if (fgets(line, sizeof(line), file) == NULL || strrchr(line, ')') == NULL ||
        sscanf(strrchr(line, ')'), ") %*c %d", &parent) != 1)
        parent = 0;
    fclose(file);
    return parent == getpid() ? pid : -1;
}

static void signal_children(int number)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    assert_non_null(proc);
    while ((entry = readdir(proc)) != NULL) {
        pid_t pid = parse_child(entry->d_name);

        if (pid > 0)
            kill(pid, number);
    }
    closedir(proc);
}

static void test_stopped_workers_are_replaced(void **state)
{
    (void)state;
    signal_children(SIGSTOP);
    assert_int_equal(run_echo("echo", 1), 0);
    assert_whole_again();
}

static void test_workers_killed_at_rest_are_replaced(void **state)
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

static void *run_hang(void *status)
{
    struct pool_result result;

    *(int *)status = run("hang", 0, 600, -1, &result);
    return NULL;
}

static void test_a_full_queue_refuses_at_once(void **state)
{
    struct pool_options options = default_options();
    struct pool_result result;
    pthread_t busy, waiting;
    int statuses[2];
    int64_t started;

    (void)state;
    pool = pool_free(pool);
    options.workers = 1;
    options.queue_max = 1;
    open_pool(&options);
    pthread_create(&busy, NULL, run_hang, &statuses[0]);
    pthread_create(&waiting, NULL, run_hang, &statuses[1]);
    while (!pool_is_full(pool))
        usleep(1000);
    started = clock_us();
    assert_int_equal(run("echo", 0, LONG_MS, -1, &result), STATUS_OVERLOADED);
    assert_true(clock_us() - started < 100000);
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
    assert_int_equal(run("echo", 0, LONG_MS, -1, &result), STATUS_OVERLOADED);
    pthread_join(busy, NULL);
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
    skip(); /* no address space limit can hold there */
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
    skip(); /* no address space limit can hold there */
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

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(test_answers_are_the_jobs_own),
        POOL_TEST(test_a_workers_status_passes),
        POOL_TEST(test_twice_dead_is_an_answer),
        POOL_TEST(test_lies_are_never_believed),
        POOL_TEST(test_a_second_reply_answers_nobody_else),
        POOL_TEST(test_deadline_kills_and_replaces),
        POOL_TEST(test_a_client_that_resets_frees_its_worker),
        POOL_TEST(test_a_half_closed_client_gets_its_answer),
        POOL_TEST(test_stopped_workers_are_replaced),
        POOL_TEST(test_workers_killed_at_rest_are_replaced),
        POOL_TEST(test_killed_workers_lose_nothing),
        POOL_TEST(test_a_full_queue_refuses_at_once),
        POOL_TEST(test_waiting_too_long_is_refused),
        POOL_TEST(test_workers_are_recycled),
        POOL_TEST(test_memory_is_limited),
        POOL_TEST(test_nothing_is_left_behind),
        cmocka_unit_test(test_a_limit_without_room_is_an_error),
        cmocka_unit_test(test_an_absent_program_is_an_error),
    };
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
