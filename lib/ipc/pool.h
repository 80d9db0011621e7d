/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/job.h"
#include "ipc/sandbox_layers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The server's side of the workers: N child processes, each with its own two queues and its own
 * sealed memory, kept alive by one supervisor thread and lent to connection threads one job at a
 * time. pool_state.h opens with the design.
 */
struct pool;

struct pool_options {
    const char *program;           /* path of the worker program */
    unsigned workers;              /* at least 1 */
    unsigned queue_max;            /* jobs that may wait for a worker ... */
    double queue_share_per_client; /* ... and which part of these may be one client's */
    unsigned queue_wait_ms;        /* how long one may wait */
    unsigned max_jobs;             /* a worker is replaced after so many; 0: never */
    uint64_t max_memory_bytes;     /* a worker's address space, beside the region */
    size_t max_input_bytes;
    size_t max_output_bytes;
    bool sandbox;               /* true: workers cage themselves, or the pool does not start */
    uint32_t first_user, users; /* numbers of users for the workers: ipc/sandbox_user.h */
    int log_level;              /* enum log_level, for the workers */
};

struct pool_result;

struct pool_job {
    const void *body; /* what the worker's handler gets, unread by the pool; borrowed, like input */
    size_t body_size; /* at most JOB_BODY_BYTES */
    const void *input; /* borrowed until pool_run returns */
    size_t input_size;
    int64_t deadline_us; /* base/deadline.h */
    int client_fd;       /* the client's socket, watched for its going away; -1: none */
    uint64_t client;     /* whose turn it takes; 0: it takes one of its own */
    int64_t cost_us;     /* how long it may take, estimated high; 0: not known */
    /* Whether so many bytes may be held for the result: asked before they are allocated. NULL: yes.
     */
    bool (*reserve)(void *context, size_t bytes);
    void *reserve_context;
    /* Whether output and result are what was asked for, which the pool cannot know. If not, the
     * worker breaks the rules, and another one gets the job. NULL: anything will do. */
    bool (*accepts)(const struct pool_result *result, const void *context);
    const void *context; /* of accepts */
};

struct pool_result {
    uint8_t *output; /* on 0: malloc'd, the caller's; free with free() */
    size_t output_size;
    uint8_t result[JOB_RESULT_BYTES]; /* on 0: as the worker sent it; see pool_job.accepts */
    size_t result_size;
    int64_t queue_us;              /* waited for a worker */
    int64_t work_us;               /* with a worker, retries included */
    char detail[JOB_DETAIL_BYTES]; /* a sentence for the client; "" where there is none */
};

/* What is so at this moment; for /readyz and logs. */
struct pool_status {
    unsigned workers, idle, busy, starting;  /* workers = idle + busy + starting */
    unsigned waiting;                        /* jobs */
    uint64_t jobs, crashes, kills, recycled; /* since the start */
    uint32_t layers; /* enum sandbox_layer: those in force in every living worker */
};

/*
 * Starts the workers and the supervisor, and returns once one worker is ready for jobs. `options`
 * is copied, `options->program` too. The caller has blocked SIGCHLD in every thread (server
 * programs block all signals they wait for before any thread starts).
 * 0 and *pool; or -errno: the program does not start, -EPROTO, or -EPERM: it cannot be caged, or
 * has no room; then *why (128 bytes of the caller) says all that an operator needs to know.
 */
int pool_new(struct pool **pool, const struct pool_options *options, char why[static 128]);

/* Kills and reaps every worker and joins the supervisor. No pool_run may be under way. NULL is
 * fine. Returns NULL. */
struct pool *pool_free(struct pool *pool);

/*
 * Runs one job: waits its turn for a worker (fair between clients, by cost), lends it, waits for
 * the reply, death or the deadline, whichever is first. Where the client goes away, a job that
 * waits is given up, and one that a worker has is let end unless that takes long. Any thread, many
 * at once. Returns 0 and result->output; a positive status: what the worker said of the picture, or
 * STATUS_OVERLOADED (no turn in time, no room for the result, a worker short of memory, or less
 * time left than the job's cost when its turn came), STATUS_DEADLINE_EXCEEDED,
 * STATUS_IMAGE_CRASHED_DECODER, STATUS_CLIENT_GONE; or -errno. `result` is always set.
 */
int pool_run(struct pool *pool, const struct pool_job *job, struct pool_result *result);

/* Whether a job of that client that came now would be refused for a full queue, or one that is too
 * full of the client's own: lets a server refuse before it reads a body. Any thread. */
bool pool_is_full(struct pool *pool, uint64_t client);

/* Whether a worker answers within timeout_ms: an idle one is asked; busy ones within their deadline
 * count. Any thread. */
bool pool_answers(struct pool *pool, int timeout_ms);

void pool_get_status(struct pool *pool, struct pool_status *status);
