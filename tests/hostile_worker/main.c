/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile_worker/commands.h"

#include "base/cleanup.h"
#include "base/status.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FORMAT_PNG = 2 };

/* Ordered deaths are no findings of a sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0";
}

/* ThreadSanitizer's twin of it. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0";
}

static int echo(const struct job_message *job, const char *argument, struct worker_output *output)
{
    (void)job;
    (void)argument;
    (void)output;
    return 0;
}

static int die(const struct job_message *job, const char *argument, struct worker_output *output)
{
    (void)job;
    (void)output;
    raise(atoi(argument));
    return 0;
}

static int leave(const struct job_message *job, const char *argument, struct worker_output *output)
{
    (void)job;
    (void)output;
    _exit(atoi(argument));
}

static int hang(const struct job_message *job, const char *argument, struct worker_output *output)
{
    (void)job;
    (void)argument;
    (void)output;
    for (;;)
        pause(); /* forbidden in the cage: then it is a busy loop, which is worse */
    return 0;
}

static int nap(const struct job_message *job, const char *argument, struct worker_output *output)
{
    int ms = atoi(argument);
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    (void)job;
    (void)output;
    nanosleep(&time, NULL);
    return 0;
}

/* From now on its answers are no pictures. */
static bool turned;

static int turn(const struct job_message *job, const char *argument, struct worker_output *output)
{
    (void)job;
    (void)argument;
    (void)output;
    turned = true;
    return 0;
}

/* When its memory is given back, after the job, takes its time over it. */
static bool rests_long;

static int rest_long(const struct job_message *job, const char *argument,
                     struct worker_output *output)
{
    (void)job;
    (void)argument;
    (void)output;
    rests_long = true;
    return 0;
}

static void rest(void)
{
    struct timespec time = {.tv_nsec = 400000000};

    if (rests_long)
        nanosleep(&time, NULL);
}

/* Takes and touches that many MiB; where they are refused, tells it as a picture too large. */
static int allocate(const struct job_message *job, const char *argument,
                    struct worker_output *output)
{
    (void)job;
    for (int i = atoi(argument); i > 0; i--) {
        char *block = malloc(1 << 20);

        if (block == NULL) {
            snprintf(output->detail, sizeof(output->detail), "refused with %d MiB to go", i);
            return STATUS_IMAGE_TOO_LARGE;
        }
        memset(block, 1, 1 << 20);
    }
    return 0;
}

/* Says that memory ran out, as the image library does. */
static int run_short(const struct job_message *job, const char *argument,
                     struct worker_output *output)
{
    (void)job;
    (void)argument;
    (void)output;
    return -ENOMEM;
}

/* Processes without end; the first one should be the last. */
static int fork_bomb(const struct job_message *job, const char *argument,
                     struct worker_output *output)
{
    (void)job;
    (void)argument;
    (void)output;
    for (;;)
        fork();
    return 0;
}

static void *sit(void *unused)
{
    struct timespec long_time = {.tv_sec = 3600};

    nanosleep(&long_time, NULL);
    return unused;
}

/* Threads until one is refused, which the memory limit sees to. */
static int thread_bomb(const struct job_message *job, const char *argument,
                       struct worker_output *output)
{
    pthread_t thread;
    int count = 0;

    (void)job;
    (void)argument;
    while (pthread_create(&thread, NULL, sit, NULL) == 0)
        count++;
    snprintf(output->detail, sizeof(output->detail), "refused after %d threads", count);
    return STATUS_IMAGE_TOO_LARGE;
}

static int refuse(const struct job_message *job, const char *argument, struct worker_output *output)
{
    (void)job;
    snprintf(output->detail, sizeof(output->detail), "as ordered");
    return atoi(argument);
}

static const struct order orders[] = {
    {"echo", echo},
    {"signal", die},
    {"exit", leave},
    {"hang", hang},
    {"sleep", nap},
    {"turn", turn},
    {"rest-long", rest_long},
    {"allocate", allocate},
    {"run-short", run_short},
    {"status", refuse},
    {"call", order_call},
    {"lie", order_lie},
    {"log", order_log},
    {"flood", order_flood},
    {"fork-bomb", fork_bomb},
    {"thread-bomb", thread_bomb},
    {"crowd", order_crowd},
    {"clone", order_clone},
    {"against", order_against},
};

static void read_order(const struct job_message *job, const uint8_t *input,
                       char text[static ORDER_BYTES])
{
    size_t length = 0;

    for (size_t i = ORDER_OFFSET; i < job->input_bytes && length + 1 < ORDER_BYTES; i++) {
        if (input[i] == '\n')
            break;
        text[length++] = (char)input[i];
    }
    text[length] = '\0';
}

static int handle(const struct job_message *job, const uint8_t *input, struct worker_output *output)
{
    char text[ORDER_BYTES], *argument;

    read_order(job, input, text);
    argument = strchr(text, ' ');
    if (argument != NULL)
        *argument++ = '\0';
    memcpy(output->data, input, job->input_bytes);
    if (turned)
        memset(output->data, 'x', ORDER_OFFSET);
    output->size = job->input_bytes;
    output->format = FORMAT_PNG;
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        if (strcmp(orders[i].verb, text) == 0)
            return orders[i].obey(job, argument != NULL ? argument : "", output);
    }
    snprintf(output->detail, sizeof(output->detail), "no such order");
    return STATUS_IMAGE_CORRUPT;
}

static int start(void)
{
    return 0;
}

int main(int argc, char **argv)
{
    const struct worker_handler handler = {
        .name = "grisaille-hostile-worker", .start = start, .handle = handle, .rest = rest};

    return worker_main(&handler, argc, argv);
}
