/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile_worker/commands.h"

/* Starts threads by clone(2) itself, without glibc's stacks: thousands fit where the memory limit
 * allows a few hundred of pthread_create(). */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    STACK_BYTES = 1024,
    CROWD_MAX = 4000,
    JOB_SECONDS = 5,
    PTHREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                    CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
};

static _Alignas(16) char stacks[CROWD_MAX][STACK_BYTES];
static pid_t thread_ids[CROWD_MAX];

/* All threads share the thread-local storage of their creator: nothing here may set errno. */
static int spin(void *unused)
{
    static volatile bool enough;

    (void)unused;
    while (!enough)
        ;
    return 0;
}

static struct timespec sleep_time;

static int sleep_for_long(void *unused)
{
    (void)unused;
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &sleep_time, NULL);
}

static int end_thread(void *unused)
{
    (void)unused;
    return 0;
}

/* 0 or -errno. */
static int start_thread(int index, int flags, int (*run)(void *))
{
    pid_t *id = &thread_ids[index];
    void *own_storage = __builtin_thread_pointer();

    return clone(run, stacks[index] + STACK_BYTES, flags, NULL, id, own_storage, id) < 0 ? -errno
                                                                                         : 0;
}

int command_crowd(const char *argument, struct worker_output *output)
{
    int wanted = atoi(argument), started = 0;
    int (*run)(void *) = strstr(argument, "spin") != NULL ? spin : sleep_for_long;

    sleep_for_long(NULL); /* for no time yet: the dynamic linker resolves the call now, because the
                             small stacks have no room for that */
    sleep_time.tv_sec = 3600;
    while (started < wanted && started < CROWD_MAX &&
           start_thread(started, PTHREAD_FLAGS, run) == 0)
        started++;
    if (strstr(argument, "during") != NULL)
        sleep(JOB_SECONDS);
    output->size = COMMAND_OFFSET +
                   (size_t)sprintf((char *)output->data + COMMAND_OFFSET, "%d threads\n", started);
    return 0;
}

int command_clone(const char *argument, struct worker_output *output)
{
    int flags = (int)strtol(argument, NULL, 16) ^ PTHREAD_FLAGS;
    int status = start_thread(0, flags, end_thread);

    output->size = COMMAND_OFFSET +
                   (size_t)sprintf((char *)output->data + COMMAND_OFFSET, "errno %d\n", -status);
    return 0;
}
