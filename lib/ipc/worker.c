/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/worker.h"

/*
 * The life of a worker, in order: arrange to die with its parent, receive the setup, map the
 * region, start the image library, enter the sandbox, send the ready message, then run one job
 * after the other. It ends only by its parent's SIGKILL or death, so that nobody waits for it and
 * nothing needs cleaning up.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/status.h"
#include "ipc/process.h"
#include "ipc/queue.h"
#include "ipc/region.h"
#include "ipc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum {
    ROOM_BYTES = 16 << 20, /* of address space, at least, beyond what a worker uses at its start */
    SETUP_WAIT_MS = 10000, /* a server sends the setup within milliseconds */
    IDLE_TRIM_MS = 500,    /* after so long without a job free memory goes back to the kernel */
    LEAK_LIMIT_BYTES = 64 << 20, /* of heap that failed jobs may leave allocated */
};

struct worker {
    const struct worker_handler *handler;
    struct region region;
    struct setup_message setup;
    int64_t trim_at_us;        /* when to give back free memory; DEADLINE_NEVER: done already */
    union any_message message; /* the last one received */
    size_t heap_at_start;      /* before the first job */
};

/* A terminal's Ctrl-C and an init system's SIGTERM reach every process of a service, but it is the
 * server that decides when a worker ends. */
static void ignore_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ};

    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        signal(signals[i], SIG_IGN);
}

/* The parent's pid as given on the command line; -1: somebody started this program by hand. */
static int parse_parent(int argc, char **argv)
{
    char *end;
    long parent;

    if (argc != 2)
        return -1;
    parent = strtol(argv[1], &end, 10);
    if (*end != '\0' || parent < 1 || parent > INT32_MAX)
        return -1;
    if (fcntl(WORKER_FD_JOBS, F_GETFD) < 0 || fcntl(WORKER_FD_REPLIES, F_GETFD) < 0 ||
        fcntl(WORKER_FD_REGION, F_GETFD) < 0)
        return -1;
    return (int)parent;
}

static int receive_setup(struct worker *worker)
{
    int size = queue_receive(WORKER_FD_JOBS, &worker->message, deadline_after_ms(SETUP_WAIT_MS));

    if (size < 0)
        return size;
    worker->setup = worker->message.setup;
    return job_check_setup(&worker->setup, (size_t)size);
}

/* Bytes of address space in use; 0 where /proc is missing. */
static uint64_t address_space_used(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t shared_bytes(const struct setup_message *setup)
{
    return region_bytes(setup->input_capacity, setup->output_capacity);
}

/* A limit that leaves no room for any image is an operator's mistake, best reported at the start.
 * So is a lower hard limit that was inherited, which the sandbox cannot raise. */
static int check_room(const struct setup_message *setup, char why[static JOB_DETAIL_BYTES])
{
    uint64_t used = address_space_used(), needed = ROOM_BYTES;
    uint64_t limit = setup->max_memory_bytes + shared_bytes(setup);
    struct rlimit inherited;

    if (setup->sandbox == 0 || !SANDBOX_LIMITS_ADDRESS_SPACE)
        return 0;
    if (getrlimit(RLIMIT_AS, &inherited) == 0 && inherited.rlim_max < limit) {
        snprintf(why, JOB_DETAIL_BYTES, "RLIMIT_AS (ulimit -v) is %llu, expected at least %llu",
                 (unsigned long long)inherited.rlim_max, (unsigned long long)limit);
        return -ENOMEM;
    }
    if (used > shared_bytes(setup)) /* false without /proc */
        needed += used - shared_bytes(setup);
    if (setup->max_memory_bytes >= needed)
        return 0;
    snprintf(why, JOB_DETAIL_BYTES, "max_memory_bytes is %llu, expected at least %llu",
             (unsigned long long)setup->max_memory_bytes, (unsigned long long)needed);
    return -ENOMEM;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* Does everything that comes before the first job. 0, or -errno and ready->detail. */
static int set_up_worker(struct worker *worker, int parent, struct ready_message *ready)
{
    const struct setup_message *setup = &worker->setup;
    struct sandbox_options options;
    int status;

    log_open(worker->handler->name, (enum log_level)setup->log_level, LOG_RELAYED);
    status = region_attach(&worker->region, WORKER_FD_REGION, setup->input_capacity,
                           setup->output_capacity);
    if (status != 0) {
        snprintf(ready->detail, sizeof(ready->detail), "cannot map the shared memory: %s",
                 strerrordesc_np(-status));
        return status;
    }
    status = worker->handler->start();
    if (status != 0) {
        snprintf(ready->detail, sizeof(ready->detail), "cannot start the image library: %s",
                 strerrordesc_np(-status));
        return status;
    }
    status = check_room(setup, ready->detail);
    if (status != 0)
        return status;
    worker->heap_at_start = heap_bytes();
    options = (struct sandbox_options){
        .parent = parent,
        .max_memory_bytes = setup->max_memory_bytes + shared_bytes(setup),
        .users = {setup->first_user, setup->users, setup->user_index},
        .highest_fd = WORKER_FD_REGION,
    };
    if (setup->sandbox == 0)
        return 0;
    return sandbox_enter(&options, &ready->layers, ready->detail);
}

static void give_back_memory(const struct worker *worker)
{
    if (worker->handler->rest != NULL)
        worker->handler->rest();
    malloc_trim(0);
}

/* Libraries leak on their error paths, and images can be made to take these. */
static bool has_leaked(const struct worker *worker)
{
    const size_t limit = worker->heap_at_start + LEAK_LIMIT_BYTES;

    if (heap_bytes() > limit)
        give_back_memory(worker); /* memory kept on purpose is no leak */
    return heap_bytes() > limit;
}

/* Fills *reply, whatever the outcome. A worker that runs short of memory is replaced, because a
 * library may be left in any state by that. */
static void run_work(struct worker *worker, const struct job_message *job,
                     struct reply_message *reply)
{
    struct worker_output output = {
        .data = region_output(&worker->region),
        .capacity = worker->region.output_capacity,
        .result = reply->result,
    };
    int status = worker->handler->handle(region_body(&worker->region), job->body_bytes,
                                         region_input(&worker->region), job->input_bytes, &output);

    if (status == -ENOMEM) {
        snprintf(output.detail, sizeof(output.detail),
                 "the picture needs more memory than is left");
        reply->spent = 1;
        status = STATUS_OVERLOADED;
    } else if (status < 0) {
        log_error("a job failed: %s", strerrordesc_np(-status));
        status = STATUS_INTERNAL;
    }
    reply->status = status;
    memcpy(reply->detail, output.detail, sizeof(reply->detail));
    if (status == 0) {
        reply->output_bytes = output.size;
        reply->result_bytes = (uint32_t)output.result_size;
    } else if (has_leaked(worker)) {
        reply->spent = 1;
    }
}

/* Receives the next job into worker->message, and gives back free memory where none comes for a
 * while. 0 or -errno. */
static int receive_job(struct worker *worker)
{
    int size = queue_receive(WORKER_FD_JOBS, &worker->message, worker->trim_at_us);

    if (size == -ETIMEDOUT) {
        worker->trim_at_us = DEADLINE_NEVER;
        give_back_memory(worker);
        size = queue_receive(WORKER_FD_JOBS, &worker->message, DEADLINE_NEVER);
    }
    if (size < 0)
        return size;
    return job_check_job(&worker->message.job, (size_t)size, worker->region.input_capacity);
}

static int serve_jobs(struct worker *worker)
{
    const struct job_message *job = &worker->message.job;

    for (;;) {
        struct reply_message reply = {.version = JOB_WIRE_VERSION};
        int status = receive_job(worker);

        if (status != 0)
            return status;
        reply.generation = job->generation;
        if (job->kind == JOB_WORK)
            run_work(worker, job, &reply);
        status = queue_send(WORKER_FD_REPLIES, &reply, reply_message_size(&reply));
        if (status != 0)
            return status;
        if (job->kind == JOB_WORK)
            worker->trim_at_us = deadline_after_ms(IDLE_TRIM_MS);
    }
}

int worker_main(const struct worker_handler *handler, int argc, char **argv)
{
    struct worker worker = {
        .handler = handler, .region = REGION_NONE, .trim_at_us = DEADLINE_NEVER};
    struct ready_message ready = {.version = JOB_WIRE_VERSION};
    int parent = parse_parent(argc, argv), status;

    if (parent < 0) {
        fprintf(stderr, "%s: started by hand: expected to be run by its server\n", handler->name);
        return 2;
    }
    ignore_signals();
    if (sandbox_follow_parent(parent) != 0)
        return 1;
    if (receive_setup(&worker) != 0)
        return 1;
    status = set_up_worker(&worker, parent, &ready);
    if (status != 0)
        ready.status = STATUS_INTERNAL;
    if (queue_send(WORKER_FD_REPLIES, &ready, sizeof(ready)) != 0 || status != 0)
        return 1;
    status = serve_jobs(&worker);
    log_error("cannot go on: %s", strerrordesc_np(-status));
    return 1;
}
