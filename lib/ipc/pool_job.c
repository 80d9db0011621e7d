/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool.h"

/* One job with a borrowed worker, and what becomes of the job where the worker dies. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/peer.h"
#include "base/status.h"
#include "ipc/pool_health.h"
#include "ipc/pool_queue.h"
#include "ipc/pool_state.h"
#include "ipc/queue.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/*
 * Strikes against a job. A worker that crashes on it counts for half of the limit: two crashes are
 * an answer. A worker that somebody killed (SIGKILL: an operator, or the kernel short of memory)
 * says little about the image, and the request deserves another try: only eight of these reach the
 * limit.
 */
enum { STRIKES_LIMIT = 8, STRIKES_CRASH = 4, STRIKES_KILLED = 1 };

/* A worker that waits at its queue has a job the moment it is sent, even without a CPU: the kernel
 * hands it over. One that gives back memory, or hangs since its last answer, has not fetched it. */
enum { FETCH_MS = 200 };

/* Killing a worker costs the start of another. A client that asks and hangs up, over and over,
 * should cost hardly more than one that waits: a job may take as long as sixteen starts before it
 * is ended because nobody waits for it, which bounds the cost of the kill to a sixteenth of the
 * work. Bounded both ways, because starts are also measured on busy machines. */
enum { ABANDON_STARTS = 16, ABANDON_LEAST_MS = 500, ABANDON_MOST_MS = 4000 };

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
        memcpy(region_body(&slot->region), job->body, job->body_size);
    if (job->input_size > 0)
        memcpy(region_input(&slot->region), job->input, job->input_size);
    return queue_send(slot->jobs_fd, &message, sizeof(message));
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

/* Takes back a job that the worker has not fetched, as if it had never been sent. A ping may lie
 * before it in the queue. */
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

/* Sends a job to a borrowed worker and waits: 0 and message->reply. STATUS_DEADLINE_EXCEEDED or
 * STATUS_CLIENT_GONE: the worker may still be busy with it. -EBUSY: it has not fetched the job,
 * which was taken back. -EPROTO or -ESTALE: it breaks the protocol. -EPIPE: it died. -EIO: this
 * process cannot wait. */
static int run_on_worker(struct slot *slot, const struct pool_job *job, union any_message *message)
{
    int64_t fetch_us = deadline_after_ms(FETCH_MS);
    struct peer peer = peer_watch(job->client_fd);
    int status = send_job(slot, job);

    if (status != 0)
        return -EPROTO; /* an idle worker has room for a job */
    for (;;) {
        struct pollfd polls[] = {{.fd = slot->replies_fd, .events = POLLIN},
                                 {.fd = slot->process.pidfd, .events = POLLIN},
                                 peer_pollfd(&peer)};
        int64_t until = deadline_earlier(job->deadline_us, peer_timeout_us(&peer));

        until = deadline_earlier(until, fetch_us);
        if (poll(polls, ARRAY_LENGTH(polls), deadline_poll_ms(until)) < 0 && errno != EINTR)
            return -EIO;
        /* The answer counts even if the worker died, or the client left, right after it. */
        status = take_reply(slot, message);
        if (status != -EAGAIN)
            return status;
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

/* Copies the output before anybody looks at it, because the worker can still change its own. 0;
 * -ENOBUFS, -ENOMEM: no room for it; or -EPROTO: it is not what was asked for. */
static int copy_output(const struct slot *slot, const struct pool_job *job,
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

/* Logs how a worker failed, and returns the strikes against the job that it had. */
static unsigned count_strikes(struct pool *pool, struct slot *slot, int status,
                              enum pool_exit *reason)
{
    struct process_death death;
    bool killed;

    if (status != -EPIPE) {
        log_warning("worker %d does not keep to the protocol: killed", (int)slot->process.pid);
        *reason = POOL_EXIT_PROTOCOL;
        return status == -ESTALE ? STRIKES_KILLED : STRIKES_CRASH;
    }
    death = process_death(&slot->process);
    log_warning("worker %d died during a job: %s", (int)slot->process.pid, death.text);
    pthread_mutex_lock(&pool->lock);
    killed = death.by_sigkill && !slot->excessive;
    pthread_mutex_unlock(&pool->lock);
    *reason = killed ? POOL_EXIT_KILLED : POOL_EXIT_CRASHED;
    return killed ? STRIKES_KILLED : STRIKES_CRASH;
}

static void kill_and_retire(struct pool *pool, struct slot *slot, enum pool_exit reason)
{
    process_kill(&slot->process);
    pthread_mutex_lock(&pool->lock);
    pool->exits[reason] += !slot->killed; /* else the supervisor has counted it */
    pool_retire(pool, slot);
    pthread_mutex_unlock(&pool->lock);
}

static void give_back_unused(struct pool *pool, struct slot *slot)
{
    pthread_mutex_lock(&pool->lock);
    pool_offer(pool, slot);
    pthread_mutex_unlock(&pool->lock);
}

/* Whether the client is gone already, before any work is done. */
static bool has_left(const struct pool_job *job)
{
    struct peer peer = peer_watch(job->client_fd);
    struct pollfd poll_fd = peer_pollfd(&peer);

    return job->client_fd >= 0 && poll(&poll_fd, 1, 0) > 0 && peer_gone(&peer, poll_fd.revents);
}

/* When to kill a worker whose job nobody waits for any more. */
static int64_t abandon_at_us(struct pool *pool, int64_t started_us)
{
    const int64_t least_us = ABANDON_LEAST_MS * 1000LL, most_us = ABANDON_MOST_MS * 1000LL;
    int64_t after_us;

    pthread_mutex_lock(&pool->lock);
    after_us = ABANDON_STARTS * pool->start_estimate_us;
    pthread_mutex_unlock(&pool->lock);
    if (after_us < least_us)
        after_us = least_us;
    return started_us + (after_us < most_us ? after_us : most_us);
}

/* Nobody waits for the end of the job any more. A short one may finish, because killing a worker
 * costs the start of another. */
static void give_up(struct pool *pool, struct slot *slot, int64_t started_us)
{
    int64_t until_us = abandon_at_us(pool, started_us);

    if (take_back(slot))
        pool_set_aside(pool, slot);
    else if (clock_us() < until_us)
        pool_abandon(pool, slot, until_us);
    else
        kill_and_retire(pool, slot, POOL_EXIT_ABANDONED);
}

static int overload(struct pool_result *result, const char *why)
{
    snprintf(result->detail, sizeof(result->detail), "%s", why != NULL ? why : "");
    return STATUS_OVERLOADED;
}

/* Whether the job is not expected to end in time any more. */
static bool is_too_late(const struct pool_job *job)
{
    return job->cost_us > 0 && job->deadline_us - clock_us() < job->cost_us;
}

static int refuse_too_late(struct pool_result *result)
{
    return overload(result, "less of the deadline is left than the picture may take");
}

/* Whether a job that has got a worker should still be begun: 0, or the status why not. */
static int check_before_start(const struct pool_job *job, struct pool_result *result)
{
    if (has_left(job))
        return STATUS_CLIENT_GONE;
    if (is_too_late(job))
        return refuse_too_late(result);
    return 0;
}

/* One try with one worker. Returns a final status, or -EAGAIN and possibly more *strikes. */
static int attempt(struct pool *pool, struct slot *slot, const struct pool_job *job,
                   struct pool_result *result, unsigned *strikes)
{
    int64_t started_us = clock_us();
    union any_message message;
    const struct reply_message *reply = &message.reply;
    enum pool_exit reason;
    int status;

    status = run_on_worker(slot, job, &message);
    if (status == 0)
        status = copy_output(slot, job, reply, result);
    if (status == 0 || status == -ENOMEM || status == -ENOBUFS) { /* the worker did its part */
        memcpy(result->detail, reply->detail, sizeof(result->detail));
        pool_return(pool, slot, clock_us() - started_us, reply->spent != 0);
        if (status == -ENOBUFS)
            return overload(result, "too many bytes are in flight; try again shortly");
        return status != 0 ? status : reply->status;
    }
    if (status > 0) {
        give_up(pool, slot, started_us);
        return status;
    }
    if (status == -EBUSY) { /* not the job's fault */
        pool_set_aside(pool, slot);
        return -EAGAIN;
    }
    if (status == -EIO) {
        kill_and_retire(pool, slot, POOL_EXIT_ABANDONED);
        return status;
    }
    *strikes += count_strikes(pool, slot, status, &reason);
    kill_and_retire(pool, slot, reason);
    return -EAGAIN;
}

int pool_run(struct pool *pool, const struct pool_job *job, struct pool_result *result)
{
    bool again = false;
    unsigned strikes = 0;
    int status;

    *result = (struct pool_result){0};
    if (job->body_size > JOB_BODY_BYTES)
        return -EMSGSIZE;
    if (job->input_size > pool->options.max_input_bytes)
        return STATUS_BODY_TOO_LARGE;
    if (is_too_late(job))
        return refuse_too_late(result);
    do {
        int64_t asked_us = clock_us(), got_us;
        struct slot *slot;
        const char *why;

        status = pool_borrow(pool, job, again, &slot, &why);
        got_us = clock_us();
        result->queue_us += got_us - asked_us;
        if (status != 0)
            return status == STATUS_OVERLOADED ? overload(result, why) : status;
        status = check_before_start(job, result);
        if (status != 0) {
            give_back_unused(pool, slot);
            return status;
        }
        result->attempts++;
        status = attempt(pool, slot, job, result, &strikes);
        result->work_us += clock_us() - got_us;
        again = true;
    } while (status == -EAGAIN && strikes < STRIKES_LIMIT);
    return status == -EAGAIN ? STATUS_IMAGE_CRASHED_DECODER : status;
}
