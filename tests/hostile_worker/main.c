/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile_worker/commands.h"

/* The commands about a worker's life and its limits, and the table of all. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/probe/format.h"
#include "service/image_request.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Deaths on command are no findings of a sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0";
}

/* The same for ThreadSanitizer. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0";
}

static int echo(const char *argument, struct worker_output *output)
{
    (void)argument;
    (void)output;
    return 0;
}

static int die(const char *argument, struct worker_output *output)
{
    (void)output;
    raise(atoi(argument));
    return 0;
}

static int leave(const char *argument, struct worker_output *output)
{
    (void)output;
    _exit(atoi(argument));
}

static int hang(const char *argument, struct worker_output *output)
{
    (void)argument;
    (void)output;
    for (;;)
        pause(); /* fails in the sandbox, which makes this a busy loop */
    return 0;
}

static int nap(const char *argument, struct worker_output *output)
{
    int ms = atoi(argument);
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    (void)output;
    nanosleep(&time, NULL);
    return 0;
}

/* From now on its outputs are no images. */
static bool turned;

static int turn(const char *argument, struct worker_output *output)
{
    (void)argument;
    (void)output;
    turned = true;
    return 0;
}

/* After the job it takes long over giving back its memory. */
static bool rests_long;

static int rest_long(const char *argument, struct worker_output *output)
{
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

/* Allocates and touches that many MiB; reports an image too large where it cannot. */
static int allocate(const char *argument, struct worker_output *output)
{
    for (int i = atoi(argument); i > 0; i--) {
        char *block = malloc(1 << 20);

        if (block == NULL) {
            snprintf(output->detail, sizeof(output->detail), "refused with %d MiB to go", i);
            return STATUS_IMAGE_TOO_LARGE;
        }
        memset(block, 1, 1 << 20);
        asm volatile("" : : "r"(block) : "memory"); /* otherwise clang leaves both out */
    }
    return 0;
}

/* Reports that memory ran out, as the image library does. */
static int run_short(const char *argument, struct worker_output *output)
{
    (void)argument;
    (void)output;
    return -ENOMEM;
}

/* Starts processes without end; the sandbox kills it at the first one. */
static int fork_bomb(const char *argument, struct worker_output *output)
{
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

/* Starts threads until the memory limit refuses one. */
static int thread_bomb(const char *argument, struct worker_output *output)
{
    pthread_t thread;
    int count = 0;

    (void)argument;
    while (pthread_create(&thread, NULL, sit, NULL) == 0)
        count++;
    snprintf(output->detail, sizeof(output->detail), "refused after %d threads", count);
    return STATUS_IMAGE_TOO_LARGE;
}

static int refuse(const char *argument, struct worker_output *output)
{
    snprintf(output->detail, sizeof(output->detail), "on command");
    return atoi(argument);
}

/* Reports a result of that many bytes, each of which is its own place. */
static int report_result(const char *argument, struct worker_output *output)
{
    output->result_size = (size_t)atoi(argument);
    for (size_t i = 0; i < output->result_size; i++)
        output->result[i] = (uint8_t)i;
    return 0;
}

static const struct command commands[] = {
    {"echo", echo},
    {"signal", die},
    {"exit", leave},
    {"hang", hang},
    {"sleep", nap},
    {"turn", turn},
    {"rest-long", rest_long},
    {"allocate", allocate},
    {"run-short", run_short},
    {"result", report_result},
    {"status", refuse},
    {"call", command_call},
    {"lie", command_lie},
    {"log", command_log},
    {"flood", command_flood},
    {"fork-bomb", fork_bomb},
    {"thread-bomb", thread_bomb},
    {"crowd", command_crowd},
    {"clone", command_clone},
    {"against", command_against},
};

static void read_command(const uint8_t *input, size_t size, char text[static COMMAND_BYTES])
{
    size_t length = 0;

    for (size_t i = COMMAND_OFFSET; i < size && length + 1 < COMMAND_BYTES; i++) {
        if (input[i] == '\n')
            break;
        text[length++] = (char)input[i];
    }
    text[length] = '\0';
}

/* Reports the output as an honest image worker does. */
static void report_output(struct worker_output *output)
{
    const struct image_result result = {
        .count = 1,
        .outputs[0] = {.bytes = output->size, .format = IMAGE_PNG, .path = IMAGE_PATH_GENERAL}};

    memcpy(output->result, &result, sizeof(result));
    output->result_size = sizeof(result);
}

static int obey(const char *verb, const char *argument, struct worker_output *output)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].verb, verb) == 0)
            return commands[i].obey(argument, output);
    }
    snprintf(output->detail, sizeof(output->detail), "no such command");
    return STATUS_IMAGE_CORRUPT;
}

static int handle(const void *body, size_t body_size, const uint8_t *input, size_t input_size,
                  struct worker_output *output)
{
    char text[COMMAND_BYTES], *argument;
    int status;

    read_command(input, input_size, text);
    argument = strchr(text, ' ');
    if (argument != NULL)
        *argument++ = '\0';
    memcpy(output->data, input, input_size);
    output->size = input_size;
    if (turned)
        memset(output->data, 'x', COMMAND_OFFSET);
    if (strcmp(text, "body") == 0) { /* the output is the job's body */
        memcpy(output->data, body, body_size);
        output->size = body_size;
        return 0;
    }
    report_output(output);
    status = obey(text, argument != NULL ? argument : "", output);
    if (strcmp(text, "result") != 0)
        report_output(output);
    return status;
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
