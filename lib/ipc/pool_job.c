/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_state.h"

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

/* A worker at rest has a job the moment that it is sent, even where it must wait for a CPU: the
 * kernel hands it over. One that rests its memory, or is hanging since its last answer, has not. */
enum { FETCH_MS = 200 };

static int send_job(struct slot *slot, const struct pool_job *job)
{
    struct job_message message = {
        .version = JOB_WIRE_VERSION,
        .kind = JOB_WORK,
        .generation = ++slot->generation,
        .input_bytes = job->input_size,
        .body_bytes = (uint32_t)job->body_size,
    };

    if (job->body_size > 0)
        memcpy(message.body, job->body, job->body_size);
    return queue_send(slot->jobs_fd, &message, job_message_size(&message));
}

/* 0 and message->reply; -EAGAIN: none yet; or -EPROTO, -ESTALE of a worker that breaks the
 * protocol. */
static int take_reply(struct slot *slot, union any_message *message)
{
    int size;

    do {
        size = queue_receive(slot->replies_fd, message, DEADLINE_NEVER);
        if (size < 0)
            return size;
    } while (pool_take_pong(slot, &message->reply, (size_t)size));
    return job_check_reply(&message->reply, (size_t)size, slot->generation,
                           slot->region.output_capacity);
}

/* Takes a job back that the worker has not fetched: then it is as if it had never been sent. A ping
 * may lie before it. */
static bool take_back(struct slot *slot)
{
    union any_message message;

    while (queue_receive(slot->jobs_fd, &message, DEADLINE_NEVER) >= 0) {
        if (message.job.generation == slot->generation)
            return true;
        slot->ping = 0;
    }
    return false;
}

/* Sends a job to a borrowed worker and waits: 0 and message->reply. STATUS_DEADLINE_EXCEEDED,
 * STATUS_CLIENT_GONE: it may be at work still. -EBUSY: it has not fetched the job, which was taken
 * back. -EPROTO, -ESTALE: it lies; -EPIPE: it died; -EIO: this process cannot wait. */
static int exchange(struct slot *slot, const struct pool_job *job, union any_message *message)
{
    int64_t fetch_us = deadline_after_ms(FETCH_MS);
    struct peer peer = peer_watch(job->client_fd);
    int error = send_job(slot, job);

    if (error != 0)
        return -EPROTO; /* a living worker at rest has room for a job */
    for (;;) {
        struct pollfd polls[] = {{.fd = slot->replies_fd, .events = POLLIN},
                                 {.fd = slot->process.pidfd, .events = POLLIN},
                                 peer_pollfd(&peer)};
        int64_t until = deadline_earlier(job->deadline_us, peer_timeout_us(&peer));

        until = deadline_earlier(until, fetch_us);
        if (poll(polls, ARRAY_LENGTH(polls), deadline_poll_ms(until)) < 0 && errno != EINTR)
            return -EIO;
        /* The answer first: a worker may die, or a client leave, right after it. */
        error = take_reply(slot, message);
        if (error != -EAGAIN)
            return error;
        if (polls[1].revents != 0)
            return -EPIPE;
        if (peer_gone(&peer, polls[2].revents))
            return STATUS_CLIENT_GONE;
        if (clock_us() >= job->deadline_us)
            return STATUS_DEADLINE_EXCEEDED;
        if (clock_us() >= fetch_us) {
            fetch_us = DEADLINE_NEVER;
            if (take_back(slot))
                return -EBUSY;
        }
    }
}

/* Copies the result out, after which the worker may write what it likes, and looks at it only then.
 * 0; -ENOBUFS, -ENOMEM: no room for it; or -EPROTO: it is not what was asked for. */
static int take_output(const struct slot *slot, const struct pool_job *job,
                       const struct reply_message *reply, struct pool_result *result)
{
    if (reply->status != STATUS_OK)
        return 0;
    if (reply->output_bytes == 0)
        return -EPROTO;
    if (job->reserve != NULL && !job->reserve(job->reserve_context, reply->output_bytes))
        return -ENOBUFS;
    result->output = malloc(reply->output_bytes);
    if (result->output == NULL)
        return -ENOMEM;
    memcpy(result->output, region_output(&slot->region) + reply->output_offset,
           reply->output_bytes);
    result->output_size = reply->output_bytes;
    memcpy(result->result, reply->result, reply->result_bytes);
    result->result_size = reply->result_bytes;
    if (job->accepts == NULL || job->accepts(result, job->context))
        return 0;
    free(result->output);
    result->output = NULL;
    return -EPROTO;
}

/* What a worker's end adds to the blame of the job it had, and a line for the log. */
static unsigned judge(struct pool *pool, struct slot *slot, int error)
{
    struct process_death death;
    bool killed;

    if (error != -EPIPE) {
        log_warning("worker %d does not keep to the protocol: killed", (int)slot->process.pid);
        return error == -ESTALE ? BLAME_KILLED : BLAME_CRASH;
    }
    death = process_death(&slot->process);
    log_warning("worker %d died during a job: %s", (int)slot->process.pid, death.text);
    pthread_mutex_lock(&pool->lock);
    killed = death.by_sigkill && !slot->excessive;
    pthread_mutex_unlock(&pool->lock);
    return killed ? BLAME_KILLED : BLAME_CRASH;
}

static void bury(struct pool *pool, struct slot *slot, bool crashed)
{
    process_kill(&slot->process);
    pthread_mutex_lock(&pool->lock);
    if (!slot->put_down) {
        pool->crashes += crashed;
        pool->kills += !crashed;
    }
    pool_doom(pool, slot);
    pthread_mutex_unlock(&pool->lock);
}

static void give_back_unused(struct pool *pool, struct slot *slot)
{
    pthread_mutex_lock(&pool->lock);
    pool_offer(pool, slot);
    pthread_mutex_unlock(&pool->lock);
}

/* Whether nobody is left to work for, before any work is done. */
static bool is_forsaken(const struct pool_job *job)
{
    struct peer peer = peer_watch(job->client_fd);
    struct pollfd poll_fd = peer_pollfd(&peer);

    return job->client_fd >= 0 && poll(&poll_fd, 1, 0) > 0 && peer_gone(&peer, poll_fd.revents);
}

/* Nobody waits for the job's end any more. Short ones are let end: killing a worker costs the start
 * of another. One that has not fetched its job has none. */
static void give_up(struct pool *pool, struct slot *slot, int64_t started_us)
{
    int64_t until_us = started_us + pool_abandon_after_us(pool);

    if (take_back(slot))
        pool_set_aside(pool, slot);
    else if (clock_us() < until_us)
        pool_abandon(pool, slot, until_us);
    else
        bury(pool, slot, false);
}

static int refuse(struct pool_result *result, const char *why)
{
    snprintf(result->detail, sizeof(result->detail), "%s", why != NULL ? why : "");
    return STATUS_OVERLOADED;
}

/* Whether a job cannot be expected to end in time any more. */
static bool is_too_late(const struct pool_job *job)
{
    return job->cost_us > 0 && job->deadline_us - clock_us() < job->cost_us;
}

/* Why a job is not begun that has got a worker: 0, or a status. */
static int look_again(const struct pool_job *job, struct pool_result *result)
{
    if (is_forsaken(job))
        return STATUS_CLIENT_GONE;
    if (is_too_late(job))
        return refuse(result, "less of the deadline is left than the picture may take");
    return 0;
}

/* One try with one worker. A final answer, or -EAGAIN, and *blame may have grown. */
static int attempt(struct pool *pool, struct slot *slot, const struct pool_job *job,
                   struct pool_result *result, unsigned *blame)
{
    int64_t started_us = clock_us();
    union any_message message;
    const struct reply_message *reply = &message.reply;
    int error;

    if (job->input_size > 0)
        memcpy(region_input(&slot->region), job->input, job->input_size);
    error = exchange(slot, job, &message);
    if (error == 0)
        error = take_output(slot, job, reply, result);
    if (error == 0 || error == -ENOMEM || error == -ENOBUFS) { /* which is this process's trouble */
        memcpy(result->detail, reply->detail, sizeof(result->detail));
        pool_return(pool, slot, clock_us() - started_us, reply->spent != 0);
        if (error == -ENOBUFS)
            return refuse(result, "too many bytes are in flight; try again shortly");
        return error != 0 ? error : reply->status;
    }
    if (error > 0) {
        give_up(pool, slot, started_us);
        return error;
    }
    if (error == -EBUSY) { /* no fault of the job's */
        pool_set_aside(pool, slot);
        return -EAGAIN;
    }
    if (error == -EIO) {
        bury(pool, slot, false);
        return error;
    }
    *blame += judge(pool, slot, error);
    bury(pool, slot, true);
    return -EAGAIN;
}

int pool_run(struct pool *pool, const struct pool_job *job, struct pool_result *result)
{
    bool again = false;
    unsigned blame = 0;
    int status;

    *result = (struct pool_result){0};
    if (job->body_size > JOB_BODY_BYTES)
        return -EMSGSIZE;
    if (job->input_size > pool->options.max_input_bytes)
        return STATUS_BODY_TOO_LARGE;
    do {
        int64_t asked_us = clock_us(), got_us;
        struct slot *slot;
        const char *why;

        status = pool_borrow(pool, job, again, &slot, &why);
        got_us = clock_us();
        result->queue_us += got_us - asked_us;
        if (status != 0)
            return status == STATUS_OVERLOADED ? refuse(result, why) : status;
        status = look_again(job, result);
        if (status != 0) {
            give_back_unused(pool, slot);
            return status;
        }
        status = attempt(pool, slot, job, result, &blame);
        result->work_us += clock_us() - got_us;
        again = true;
    } while (status == -EAGAIN && blame < BLAME_LIMIT);
    return status == -EAGAIN ? STATUS_IMAGE_CRASHED_DECODER : status;
}
