/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

#include "pool_fixture.h"

#include "base/deadline.h"

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

enum { COMMAND_OFFSET = 33, IMAGE_BYTES = 256 };

struct pool *pool;

struct pool_options default_options(void)
{
    return (struct pool_options){
        .program = getenv("HOSTILE_WORKER"),
        .workers = 2,
        .queue_max = 8,
        .queue_share_per_client = 0.5,
        .queue_wait_ms = 60000,
        .max_memory_bytes = 1ULL << 30,
        .max_input_bytes = 1 << 20,
        .max_output_bytes = 1 << 20,
        .sandbox = true,
        .first_user = 70000, /* assigned to nobody */
        .users = 1000,
    };
}

void open_pool(const struct pool_options *options)
{
    char why[128];

    assert_int_equal(pool_new(&pool, options, why), 0);
}

int setup(void **state)
{
    struct pool_options options = default_options();

    (void)state;
    open_pool(&options);
    return 0;
}

int teardown(void **state)
{
    (void)state;
    pool = pool_free(pool);
    return 0;
}

/* An image with a command in it, and a number that makes it different from others. */
static void write_image(uint8_t image[static IMAGE_BYTES], const char *command, int number)
{
    memset(image, 0, IMAGE_BYTES);
    memcpy(image, "\x89PNG\r\n\x1a\n", 8);
    snprintf((char *)image + COMMAND_OFFSET, IMAGE_BYTES - COMMAND_OFFSET, "%s\n%d", command,
             number);
}

int run_job(const char *command, int number, struct pool_job job, struct pool_result *result)
{
    uint8_t image[IMAGE_BYTES];

    job.input = image;
    job.input_size = IMAGE_BYTES;
    write_image(image, command, number);
    return pool_run(pool, &job, result);
}

int run_command(const char *command, int number, int64_t deadline_ms, int client_fd,
                struct pool_result *result)
{
    struct pool_job job = {
        .deadline_us = deadline_after_ms(deadline_ms),
        .client_fd = client_fd,
    };

    return run_job(command, number, job, result);
}

int run_echo(const char *command, int number)
{
    uint8_t image[IMAGE_BYTES];
    struct pool_result result;
    int status = run_command(command, number, LONG_MS, -1, &result);

    write_image(image, command, number);
    if (status == 0 &&
        (result.output_size != IMAGE_BYTES || memcmp(result.output, image, IMAGE_BYTES) != 0))
        status = -EBADMSG;
    free(result.output);
    return status;
}

int run_status(const char *command)
{
    struct pool_result result;
    int status = run_command(command, 0, LONG_MS, -1, &result);

    free(result.output);
    return status;
}

void assert_whole_again(void)
{
    struct pool_status status;
    int64_t until = deadline_after_ms(LONG_MS);

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

/* `text` as the pid of a child of this process; -1: it is none. */
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

unsigned list_children(pid_t children[static CHILDREN_MAX])
{
    DIR *proc = opendir("/proc");
    unsigned count = 0;
    struct dirent *entry;

    assert_non_null(proc);
    while ((entry = readdir(proc)) != NULL && count < CHILDREN_MAX) {
        pid_t pid = parse_child(entry->d_name);

        if (pid > 0)
            children[count++] = pid;
    }
    closedir(proc);
    return count;
}

void signal_children(int number)
{
    pid_t children[CHILDREN_MAX];
    unsigned count = list_children(children);

    for (unsigned i = 0; i < count; i++)
        kill(children[i], number);
}

int block_child_signal(void **state)
{
    sigset_t child;

    (void)state;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    return pthread_sigmask(SIG_BLOCK, &child, NULL);
}
