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
 * time. pool_state.h opens with the design, and says which file holds what.
 */
struct pool;

struct pool_options {
    const char *program;           /* path of the worker program */
    unsigned workers;              /* at least 1 */
    unsigned queue_max;            /* jobs that may wait for a worker ... */
    double queue_share_per_client; /* ... and which part of them may be one client's */
    unsigned queue_wait_ms;        /* how long a job may wait */
    unsigned max_jobs;             /* a worker is replaced after so many jobs; 0: never */
    uint64_t max_memory_bytes;     /* a worker's address space, besides the region */
    size_t max_input_bytes;
    size_t max_output_bytes;
    bool sandbox;               /* true: workers enter a sandbox, or the pool does not start */
    uint32_t first_user, users; /* ids of users for the workers: ipc/sandbox_user.h */
    int log_level;              /* enum log_level, for the workers */
};

struct pool_result;

struct pool_job {
    const void *body; /* what the worker's handler gets, unread by the pool; borrowed, like input */
    size_t body_size; /* at most JOB_BODY_BYTES */
    const void *input; /* borrowed until pool_run returns */
    size_t input_size;
    int64_t deadline_us; /* base/deadline.h */
    int client_fd;       /* the client's socket: the job is given up when it closes; -1: none */
    uint64_t client;     /* whose turn the job takes; 0: one of its own */
    int64_t cost_us;     /* how long it may take, estimated high; 0: not known */
    /* Whether the result may take so many bytes; asked before they are allocated. NULL: yes. */
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
    unsigned attempts;             /* workers that got the job */
    char detail[JOB_DETAIL_BYTES]; /* a sentence for the client, or "" */
};

/* Why a worker had to be replaced. */
enum pool_exit {
    POOL_EXIT_CRASHED,   /* it died by itself */
    POOL_EXIT_KILLED,    /* SIGKILL from outside: somebody, or a machine short of memory */
    POOL_EXIT_PROTOCOL,  /* it did not keep to the protocol */
    POOL_EXIT_ABANDONED, /* its job ran on after the deadline, or after its client's end */
    POOL_EXIT_EXCESSIVE, /* it used more threads or CPU time than any job can need */
    POOL_EXIT_STOPPED,   /* somebody stopped it */
    POOL_EXIT_SILENT,    /* it did not come back to its queue */
    POOL_EXIT_RECYCLED,  /* it had its max_jobs, or reported that it is spent */
    POOL_EXIT_START,     /* it did not get ready */
    POOL_EXITS
};

/* "crashed" ...; NULL for a number that is none. */
const char *pool_exit_name(unsigned reason);

/* The pool at this moment; for /readyz, metrics and logs. */
struct pool_status {
    unsigned workers, idle, busy, starting;  /* workers = idle + busy + starting */
    unsigned waiting;                        /* jobs */
    uint64_t jobs, crashes, kills, recycled; /* since the start; the latter are sums of exits */
    uint64_t exits[POOL_EXITS];
    uint64_t retries; /* jobs that another worker got as well */
    uint32_t layers;  /* enum sandbox_layer: those in force in every living worker */
};

/*
 * Starts the workers and the supervisor, and returns once one worker is ready for jobs. `options`
 * and `options->program` are copied. The caller has blocked SIGCHLD in every thread (server
 * programs block all signals they wait for before any thread starts). 0 and *pool; or -errno and
 * `why`, an explanation for the operator: -EPROTO: the worker is of another build; -EPERM: it
 * cannot enter its sandbox or has too little memory; others: the program does not start.
 */
int pool_new(struct pool **pool, const struct pool_options *options, char why[static 128]);

/* Kills and reaps every worker and joins the supervisor. No pool_run() may be running. NULL is
 * fine. Returns NULL. */
struct pool *pool_free(struct pool *pool);

/*
 * Runs one job: waits its turn for a worker (fair between clients, by cost), borrows it, and waits
 * for the reply, the worker's death or the deadline, whichever is first. When the client goes away,
 * a waiting job is given up; a running one may finish unless that takes long. Any thread, many at
 * once. Returns 0 and result->output; a positive status: what the worker reported of the image, or
 * STATUS_OVERLOADED (no turn in time, no room for the result, a worker short of memory, or less
 * time left than the job's cost when its turn came), STATUS_DEADLINE_EXCEEDED,
 * STATUS_IMAGE_CRASHED_DECODER, STATUS_CLIENT_GONE; or -errno (-EMSGSIZE: the body is too long).
 * `result` is always set.
 */
int pool_run(struct pool *pool, const struct pool_job *job, struct pool_result *result);

/* Whether a job of that client would be refused now, because the queue is full or has too many jobs
 * of the client: lets a server refuse before it reads a body. Any thread. */
bool pool_is_full(struct pool *pool, uint64_t client);

/* Whether a worker answers within timeout_ms: pings an idle one; a busy one counts within the
 * deadline of its job. Any thread. */
bool pool_answers(struct pool *pool, int timeout_ms);

void pool_get_status(struct pool *pool, struct pool_status *status);
