/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile_worker/commands.h"

/* Replies that no honest worker sends. Each is sent here; the honest reply that follows from
 * worker.c is what makes "twice". */
#include "base/cleanup.h"
#include "ipc/process.h"
#include "ipc/queue.h"

#include <stdbool.h>

#include <string.h>
#include <time.h>

static struct reply_message honest(const struct job_message *job,
                                   const struct worker_output *output)
{
    return (struct reply_message){
        .version = JOB_WIRE_VERSION,
        .generation = job->generation,
        .output_bytes = output->size,
        .format = output->format,
    };
}

/* Changes the output for a while after it was said to be ready. */
static void scribble(struct worker_output *output)
{
    struct timespec pause = {.tv_nsec = 20000};

    for (int i = 0; i < 5000; i++) {
        memset(output->data + ORDER_OFFSET, 'x', output->size - ORDER_OFFSET);
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

static bool tell(struct reply_message *reply, const char *lie, size_t *size)
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
        reply->format = 77;
    else if (strcmp(lie, "nothing") == 0)
        reply->output_bytes = 0;
    else
        return strcmp(lie, "twice") == 0 || strcmp(lie, "after") == 0 || strcmp(lie, "hang") == 0;
    return true;
}

int order_lie(const struct job_message *job, const char *argument, struct worker_output *output)
{
    struct reply_message reply = honest(job, output);
    size_t size = sizeof(reply);

    if (!tell(&reply, argument, &size))
        return 0;
    queue_send(WORKER_FD_REPLIES, &reply, size);
    if (strcmp(argument, "after") == 0)
        scribble(output);
    if (strcmp(argument, "hang") == 0)
        stay_away();
    return 0;
}
