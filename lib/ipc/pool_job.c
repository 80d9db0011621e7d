/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_internal.h"

/* One job with a borrowed worker, and what becomes of the job where the worker does not live to
 * answer it. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/peer.h"
#include "base/status.h"
#include "ipc/queue.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/*
 * How much a job may be to blame for. A worker that crashes on it counts half: twice dead is an
 * answer. One that somebody killed (SIGKILL: an operator, the kernel short of memory) says little
 * of the picture, and losing a request to it would be a pity: eight of them are as bad.
 */
enum { BLAME_LIMIT = 8, BLAME_CRASH = 4, BLAME_KILLED = 1 };

static int send_job(struct slot *slot, const struct pool_job *job)
{
    struct job_message message = {
        .version = JOB_WIRE_VERSION,
        .kind = job->kind,
        .generation = ++slot->generation,
        .input_bytes = job->input_size,
        .parameters = job->parameters,
    };

    return queue_send(slot->jobs_fd, &message, sizeof(message));
}

/* 0 and *reply, -EAGAIN: none yet, or the error of a worker that lies. */
static int take_reply(struct slot *slot, struct reply_message *reply)
{
    _Alignas(struct reply_message) char message[JOB_MESSAGE_BYTES];
    int size = queue_receive(slot->replies_fd, message, DEADLINE_NEVER);

    if (size < 0)
        return size;
    memcpy(reply, message, sizeof(*reply));
    return job_check_reply(reply, (size_t)size, slot->generation, slot->region.output_capacity);
}

int pool_exchange(struct slot *slot, const struct pool_job *job, struct reply_message *reply)
{
    struct peer peer = peer_watch(job->client_fd);
    int error = send_job(slot, job);

    if (error != 0)
        return -EPROTO; /* a living worker at rest has room for a job */
    for (;;) {
        struct pollfd polls[] = {{.fd = slot->replies_fd, .events = POLLIN},
                                 {.fd = slot->process.pidfd, .events = POLLIN},
                                 peer_pollfd(&peer)};
        int64_t until = deadline_earlier(job->deadline_us, peer_timeout_us(&peer));

        if (poll(polls, ARRAY_LENGTH(polls), deadline_poll_ms(until)) < 0 && errno != EINTR)
            return -errno;
        /* The answer first: a worker may die, or a client leave, right after it. */
        error = take_reply(slot, reply);
        if (error != -EAGAIN)
            return error;
        if (polls[1].revents != 0)
            return -EPIPE;
        if (peer_gone(&peer, polls[2].revents))
            return STATUS_CLIENT_GONE;
        if (clock_us() >= job->deadline_us)
            return STATUS_DEADLINE_EXCEEDED;
    }
}

/* Copies the result out: after this the worker may write what it likes. */
static int take_output(const struct slot *slot, const struct pool_job *job,
                       const struct reply_message *reply, struct pool_result *result)
{
    if (job->kind == JOB_PING || reply->status != STATUS_OK)
        return 0;
    if (reply->output_bytes == 0)
        return -EPROTO;
    result->output = malloc(reply->output_bytes);
    if (result->output == NULL)
        return -ENOMEM;
    memcpy(result->output, region_output(&slot->region) + reply->output_offset,
           reply->output_bytes);
    result->output_size = reply->output_bytes;
    result->format = reply->format;
    return 0;
}

/* What a worker's end adds to the blame of the job it had, and a line for the log. */
static unsigned judge(struct slot *slot, int error)
{
    struct process_death death;

    if (error != -EPIPE) {
        log_warning("worker %d does not keep to the protocol: killed", (int)slot->process.pid);
        return error == -ESTALE ? BLAME_KILLED : BLAME_CRASH;
    }
    death = process_death(&slot->process);
    log_warning("worker %d died during a job: %s", (int)slot->process.pid, death.text);
    return death.by_sigkill ? BLAME_KILLED : BLAME_CRASH;
}

static void bury(struct pool *pool, struct slot *slot, bool crashed)
{
    process_kill(&slot->process);
    pthread_mutex_lock(&pool->lock);
    if (crashed)
        pool->crashes++;
    else
        pool->kills++;
    pool_doom(pool, slot);
    pthread_mutex_unlock(&pool->lock);
}

/* One try with one worker. A final answer, or -EAGAIN and *blame has grown. */
static int attempt(struct pool *pool, struct slot *slot, const struct pool_job *job,
                   struct pool_result *result, unsigned *blame)
{
    int64_t started_us = clock_us();
    struct reply_message reply;
    int error;

    if (job->input_size > 0)
        memcpy(region_input(&slot->region), job->input, job->input_size);
    error = pool_exchange(slot, job, &reply);
    if (error == 0)
        error = take_output(slot, job, &reply, result);
    if (error == 0) {
        memcpy(result->detail, reply.detail, sizeof(result->detail));
        pool_return(pool, slot, clock_us() - started_us, reply.facts & WORKER_SPENT);
        return reply.status;
    }
    if (error > 0 || error == -ENOMEM) {
        bury(pool, slot, false);
        return error;
    }
    *blame += judge(slot, error);
    bury(pool, slot, true);
    return -EAGAIN;
}

int pool_run(struct pool *pool, const struct pool_job *job, struct pool_result *result)
{
    unsigned blame = 0;
    int status;

    *result = (struct pool_result){0};
    if (job->input_size > pool->options.max_input_bytes)
        return STATUS_BODY_TOO_LARGE;
    do {
        int64_t asked_us = clock_us(), got_us;
        struct slot *slot;

        status = pool_borrow(pool, job, blame > 0, &slot);
        got_us = clock_us();
        result->queue_us += got_us - asked_us;
        if (status != 0)
            return status;
        status = attempt(pool, slot, job, result, &blame);
        result->work_us += clock_us() - got_us;
    } while (status == -EAGAIN && blame < BLAME_LIMIT);
    return status == -EAGAIN ? STATUS_IMAGE_CRASHED_DECODER : status;
}

static struct slot *take_idle(struct pool *pool, bool *busy)
{
    struct slot *slot;

    *busy = false;
    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < pool->options.workers; i++)
        *busy = *busy || pool->slots[i].state == SLOT_BUSY;
    slot = pool_take_idle(pool);
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

bool pool_answers(struct pool *pool, int timeout_ms)
{
    struct pool_job ping = {
        .kind = JOB_PING, .deadline_us = deadline_after_ms(timeout_ms), .client_fd = -1};
    struct reply_message reply;
    struct slot *slot;
    bool busy;

    while ((slot = take_idle(pool, &busy)) != NULL) {
        if (pool_exchange(slot, &ping, &reply) == 0) {
            pthread_mutex_lock(&pool->lock);
            pool_offer(pool, slot);
            pthread_mutex_unlock(&pool->lock);
            return true;
        }
        bury(pool, slot, true);
    }
    return busy;
}
