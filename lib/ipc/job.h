/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The wire between a server and one of its workers: the messages that go through the two POSIX
 * message queues, and where the bytes of a picture lie in the region both have mapped.
 *
 *     server                                      worker
 *       |-- struct setup_message, once ------------->|   caged from here on
 *       |<------------- struct reply_message --------|   status 0: ready for jobs
 *       |-- struct job_message, input in the region->|
 *       |<--- struct reply_message, output in the ---|
 *
 * One server talks to one worker, one job is under way at a time, and both programs come from one
 * build: the version catches a mixed installation. Everything that a worker says is checked before
 * use (job_check_reply), for a worker may have been taken over by a picture.
 */
enum {
    JOB_WIRE_VERSION = 2,
    JOB_DETAIL_BYTES = 128,  /* a reply's text for the client, its NUL included */
    JOB_MESSAGE_BYTES = 256, /* mq_msgsize of both queues */
    JOB_QUEUE_DEPTH = 2,     /* mq_maxmsg of both queues: a job and a surplus one */
};

enum job_kind {
    JOB_PING = 1, /* answered with status 0 and no output */
    JOB_GRAY = 2,
    JOB_SCALE = 3,
};

/* What is asked of the image code. The pool passes it on unread. */
struct job_parameters {
    double factor;            /* 0 < factor <= 1; JOB_SCALE only */
    uint64_t max_pixels;      /* width x height x frames */
    uint32_t max_scans;       /* of a progressive JPEG */
    uint32_t quality;         /* 1..100 as the client asked; 0: it did not */
    uint32_t default_quality; /* 1..100 for lossy results where it did not */
    uint32_t reserved;
};

struct setup_message {
    uint32_t version;
    uint32_t sandbox;          /* 1: cage yourself or say why not; 0: do not */
    uint64_t max_memory_bytes; /* of address space (RLIMIT_AS), beside the region */
    uint64_t input_capacity;   /* the region: input_capacity bytes of input, then output_capacity */
    uint64_t output_capacity;  /* bytes of output; both are multiples of the page size */
    uint32_t first_user, users; /* numbers of users, one of which to become where that is allowed */
    uint32_t user_index;        /* the one to try first */
    uint32_t log_level;
    uint32_t reserved;
};

struct job_message {
    uint32_t version;
    uint32_t kind;       /* enum job_kind */
    uint64_t generation; /* the reply repeats it; never the same twice for one worker */
    uint64_t input_bytes;
    struct job_parameters parameters;
};

struct reply_message {
    uint32_t version;
    int32_t status;         /* enum status */
    uint64_t generation;    /* 0 in the reply to a setup */
    uint64_t output_offset; /* from the start of the output part of the region */
    uint64_t output_bytes;
    uint32_t format; /* enum image_format of the output; 0 where there is none */
    uint32_t facts;  /* enum worker_fact; in the reply to a setup the walls in force, to a
                        job WORKER_SPENT or nothing */
    char detail[JOB_DETAIL_BYTES]; /* NUL-terminated; for the client */
};

/* The walls that a worker says it stands behind, in the reply to its setup. */
enum worker_fact {
    WORKER_NO_NEW_PRIVS = 1 << 0,
    WORKER_SECCOMP = 1 << 1,
    WORKER_LANDLOCK = 1 << 2,
    WORKER_RLIMITS = 1 << 3,
    WORKER_UID = 1 << 4,
    WORKER_NOT_DUMPABLE = 1 << 5,
    WORKER_SPENT = 1 << 6,           /* no wall: failed jobs left memory behind, replace me */
    WORKER_LANDLOCK_TCP = 1 << 7,    /* from Linux 6.7 */
    WORKER_LANDLOCK_SCOPES = 1 << 8, /* from Linux 6.12 */
};

static_assert(sizeof(struct setup_message) <= JOB_MESSAGE_BYTES, "a message fits the queue");
static_assert(sizeof(struct job_message) <= JOB_MESSAGE_BYTES, "a message fits the queue");
static_assert(sizeof(struct reply_message) <= JOB_MESSAGE_BYTES, "a message fits the queue");
static_assert(offsetof(struct job_message, parameters) == 24, "no padding on the wire");
static_assert(sizeof(struct job_parameters) == 32, "no padding on the wire");
static_assert(sizeof(struct reply_message) == 40 + JOB_DETAIL_BYTES, "no padding on the wire");

/* Whether `size` bytes received as `reply` are an honest answer to job `generation`, its output
 * inside `output_capacity`. Terminates detail and blanks its control characters. 0, or -EPROTO:
 * the worker lies or is another build; kill it. -ESTALE: an answer to an earlier job. Any thread.
 */
int job_check_reply(struct reply_message *reply, size_t size, uint64_t generation,
                    uint64_t output_capacity);

/* The same on the worker's side. 0 or -EPROTO. */
int job_check_job(const struct job_message *job, size_t size, uint64_t input_capacity);
int job_check_setup(const struct setup_message *setup, size_t size);
