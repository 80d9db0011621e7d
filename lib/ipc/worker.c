/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/worker.h"

/*
 * The life of a worker, in order: tie itself to its parent, take the setup, map the region, start
 * the image library, close the cage, say so, then job after job. It has no way to end but its
 * parent's SIGKILL or death: nobody has to wait for it, and nothing of it needs tidying.
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
    ROOM_BYTES = 16 << 20, /* of address space, at least, beyond what a worker has at its start */
    SETUP_WAIT_MS = 10000, /* a server that has not sent the setup by then is no server */
    IDLE_TRIM_MS = 500,    /* without a job for so long, free memory goes back to the kernel */
    LEAK_LIMIT_BYTES = 64 << 20, /* what failed jobs may leave behind */
};

struct worker {
    const struct worker_handler *handler;
    struct region region;
    struct setup_message setup;
    int64_t rest_at_us;   /* free memory goes back then, unless a job comes; NEVER: it has */
    char *message;        /* JOB_MESSAGE_BYTES, aligned for any message */
    size_t heap_at_start; /* before the first job */
};

/* A terminal's Ctrl-C and an init system's SIGTERM go to every process of a service; its server
 * decides when a worker has answered its last job. */
static void ignore_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ};

    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        signal(signals[i], SIG_IGN);
}

/* The parent's pid as it told us, or -1: then somebody started this program by hand. */
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

static int take_setup(struct worker *worker)
{
    int size = queue_receive(WORKER_FD_JOBS, worker->message, deadline_after_ms(SETUP_WAIT_MS));

    if (size < 0)
        return size;
    memcpy(&worker->setup, worker->message, sizeof(worker->setup));
    return job_check_setup(&worker->setup, (size_t)size);
}

static int send_reply(const struct reply_message *reply)
{
    return queue_send(WORKER_FD_REPLIES, reply, sizeof(*reply));
}

/* Bytes of address space in use; 0 where /proc does not say. */
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

static uint64_t region_bytes(const struct setup_message *setup)
{
    return setup->input_capacity + setup->output_capacity;
}

/* A limit that leaves no room for any picture is an operator's mistake, best told at the start; and
 * so is one below that, which was inherited: the cage cannot raise it. */
static int check_room(const struct setup_message *setup, char why[static JOB_DETAIL_BYTES])
{
    uint64_t used = address_space_used(), needed = ROOM_BYTES;
    uint64_t limit = setup->max_memory_bytes + region_bytes(setup);
    struct rlimit inherited;

    if (setup->sandbox == 0 || !SANDBOX_LIMITS_ADDRESS_SPACE)
        return 0;
    if (getrlimit(RLIMIT_AS, &inherited) == 0 && inherited.rlim_max < limit) {
        snprintf(why, JOB_DETAIL_BYTES, "RLIMIT_AS (ulimit -v) is %llu, expected at least %llu",
                 (unsigned long long)inherited.rlim_max, (unsigned long long)limit);
        return -ENOMEM;
    }
    if (used > region_bytes(setup)) /* else /proc does not say */
        needed += used - region_bytes(setup);
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

/* Everything that comes before the first job. 0 or -errno, with a reason for the server's log. */
static int prepare(struct worker *worker, int parent, struct reply_message *hello)
{
    const struct setup_message *setup = &worker->setup;
    struct sandbox_options options;
    int error;

    log_open(worker->handler->name, (enum log_level)setup->log_level, LOG_RELAYED);
    error = region_attach(&worker->region, WORKER_FD_REGION, setup->input_capacity,
                          setup->output_capacity);
    if (error != 0) {
        snprintf(hello->detail, sizeof(hello->detail), "cannot map the shared memory: %s",
                 strerrordesc_np(-error));
        return error;
    }
    error = worker->handler->start();
    if (error != 0) {
        snprintf(hello->detail, sizeof(hello->detail), "cannot start the image library: %s",
                 strerrordesc_np(-error));
        return error;
    }
    error = check_room(setup, hello->detail);
    if (error != 0)
        return error;
    worker->heap_at_start = heap_bytes();
    options = (struct sandbox_options){
        .parent = parent,
        .max_memory_bytes = setup->max_memory_bytes + region_bytes(setup),
        .users = {setup->first_user, setup->users, setup->user_index},
        .highest_fd = WORKER_FD_REGION,
    };
    if (setup->sandbox == 0)
        return 0;
    return sandbox_enter(&options, &hello->facts, hello->detail);
}

static void rest(const struct worker *worker)
{
    if (worker->handler->rest != NULL)
        worker->handler->rest();
    malloc_trim(0);
}

/* Libraries leak on their ways out of an error, and a picture can be made to take that way. */
static bool is_spent(const struct worker *worker)
{
    const size_t limit = worker->heap_at_start + LEAK_LIMIT_BYTES;

    if (heap_bytes() > limit)
        rest(worker); /* what is kept on purpose is no leak */
    return heap_bytes() > limit;
}

/* Fills *reply, whatever became of the job. A worker that is short of memory says so, and is spent:
 * that a library which met this is as it was is more than one can know. */
static void run_job(struct worker *worker, const struct job_message *job,
                    struct reply_message *reply)
{
    struct worker_output output = {
        .data = region_output(&worker->region),
        .capacity = worker->region.output_capacity,
    };
    int status = 0;

    if (job->kind != JOB_PING)
        status = worker->handler->handle(job, region_input(&worker->region), &output);
    if (status == -ENOMEM) {
        snprintf(output.detail, sizeof(output.detail),
                 "the picture needs more memory than is left");
        reply->facts = WORKER_SPENT;
        status = STATUS_OVERLOADED;
    } else if (status < 0) {
        log_error("a job failed: %s", strerrordesc_np(-status));
        status = STATUS_INTERNAL;
    }
    reply->status = status;
    memcpy(reply->detail, output.detail, sizeof(reply->detail));
    if (status == 0 && job->kind != JOB_PING) {
        reply->output_bytes = output.size;
        reply->format = output.format;
    }
    if (status != 0 && is_spent(worker))
        reply->facts = WORKER_SPENT;
}

/* The next job; free memory is given back first where it is long in coming. 0 or -errno. */
static int next_job(struct worker *worker, struct job_message *job)
{
    int size = queue_receive(WORKER_FD_JOBS, worker->message, worker->rest_at_us);

    if (size == -ETIMEDOUT) {
        worker->rest_at_us = DEADLINE_NEVER;
        rest(worker);
        size = queue_receive(WORKER_FD_JOBS, worker->message, DEADLINE_NEVER);
    }
    if (size < 0)
        return size;
    memcpy(job, worker->message, sizeof(*job));
    return job_check_job(job, (size_t)size, worker->region.input_capacity);
}

static int serve(struct worker *worker)
{
    for (;;) {
        struct job_message job;
        struct reply_message reply = {.version = JOB_WIRE_VERSION};
        int error = next_job(worker, &job);

        if (error != 0)
            return error;
        reply.generation = job.generation;
        run_job(worker, &job, &reply);
        error = send_reply(&reply);
        if (error != 0)
            return error;
        if (job.kind != JOB_PING)
            worker->rest_at_us = deadline_after_ms(IDLE_TRIM_MS);
    }
}

int worker_main(const struct worker_handler *handler, int argc, char **argv)
{
    _Alignas(16) char message[JOB_MESSAGE_BYTES];
    struct worker worker = {.handler = handler,
                            .region = REGION_NONE,
                            .message = message,
                            .rest_at_us = DEADLINE_NEVER};
    struct reply_message hello = {.version = JOB_WIRE_VERSION};
    int parent = parse_parent(argc, argv), error;

    if (parent < 0) {
        fprintf(stderr, "%s: started by hand: expected to be run by its server\n", handler->name);
        return 2;
    }
    ignore_signals();
    if (sandbox_follow_parent(parent) != 0)
        return 1;
    if (take_setup(&worker) != 0)
        return 1;
    error = prepare(&worker, parent, &hello);
    if (error != 0)
        hello.status = STATUS_INTERNAL;
    if (send_reply(&hello) != 0 || error != 0)
        return 1;
    error = serve(&worker);
    log_error("cannot go on: %s", strerrordesc_np(-error));
    return 1;
}
