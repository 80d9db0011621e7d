/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile_worker/commands.h"

/* Replies that no honest worker sends. Each is sent from here; worker.c's own reply follows, which
 * is what makes "twice". */
#include "base/cleanup.h"
#include "ipc/process.h"
#include "ipc/queue.h"
#include "service/image_request.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

static uint64_t generation; /* of the job that is being answered */

int __real_queue_receive(int fd, void *message, int64_t deadline_us);
int __wrap_queue_receive(int fd, void *message, int64_t deadline_us);

/* The linker puts this in worker.c's way (meson.build): no handler is given the generation. */
int __wrap_queue_receive(int fd, void *message, int64_t deadline_us)
{
    int size = __real_queue_receive(fd, message, deadline_us);

    if (size >= (int)sizeof(struct job_message))
        generation = ((const struct job_message *)message)->generation;
    return size;
}

static struct reply_message honest_reply(const struct worker_output *output)
{
    struct reply_message reply = {
        .version = JOB_WIRE_VERSION,
        .generation = generation,
        .output_bytes = output->size,
        .result_bytes = (uint32_t)output->result_size,
    };

    memcpy(reply.result, output->result, output->result_size);
    return reply;
}

/* Changes the output for a while after it was said to be ready. */
static void scribble(struct worker_output *output)
{
    struct timespec pause = {.tv_nsec = 20000};

    for (int i = 0; i < 5000; i++) {
        memset(output->data + COMMAND_OFFSET, 'x', output->size - COMMAND_OFFSET);
        nanosleep(&pause, NULL);
    }
}

/* Does not come back to its queue. */
static _Noreturn void stay_away(void)
{
    struct timespec pause = {.tv_sec = 1};

    for (;;)
        nanosleep(&pause, NULL);
}

/* False: there is no such lie. */
static bool falsify(struct reply_message *reply, const char *lie, size_t *size)
{
    if (strcmp(lie, "length") == 0)
        reply->output_bytes = UINT64_MAX - 4096;
    else if (strcmp(lie, "offset") == 0)
        reply->output_offset = UINT64_MAX - 8;
    else if (strcmp(lie, "generation") == 0)
        reply->generation += 7;
    else if (strcmp(lie, "stale") == 0)
        reply->generation -= 1;
    else if (strcmp(lie, "version") == 0)
        reply->version += 1;
    else if (strcmp(lie, "short") == 0)
        *size = 11;
    else if (strcmp(lie, "garbage") == 0)
        memset(reply, 0xa5, sizeof(*reply));
    else if (strcmp(lie, "status") == 0)
        reply->status = 4096;
    else if (strcmp(lie, "format") == 0)
        reply->result[offsetof(struct image_result, outputs[0].format)] += 77;
    else if (strcmp(lie, "count") == 0)
        reply->result[offsetof(struct image_result, count)]++;
    else if (strcmp(lie, "beyond") == 0)
        reply->result[offsetof(struct image_result, outputs[0].bytes)]++;
    else if (strcmp(lie, "result") == 0)
        memset(reply->result, 0xa5, reply->result_bytes);
    else if (strcmp(lie, "no-result") == 0)
        *size -= reply->result_bytes, reply->result_bytes = 0;
    else if (strcmp(lie, "result-length") == 0)
        reply->result_bytes += 1;
    else if (strcmp(lie, "result-beyond") == 0)
        reply->result_bytes = UINT32_MAX;
    else if (strcmp(lie, "nothing") == 0)
        reply->output_bytes = 0;
    else
        return strcmp(lie, "twice") == 0 || strcmp(lie, "after") == 0 || strcmp(lie, "hang") == 0;
    return true;
}

int command_lie(const char *argument, struct worker_output *output)
{
    struct reply_message reply = honest_reply(output);
    size_t size = reply_message_size(&reply);

    if (!falsify(&reply, argument, &size))
        return 0;
    queue_send(WORKER_FD_REPLIES, &reply, size);
    if (strcmp(argument, "after") == 0)
        scribble(output);
    if (strcmp(argument, "hang") == 0)
        stay_away();
    return 0;
}
