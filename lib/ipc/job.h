/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The wire between a server and one of its workers: the messages in the two POSIX message queues.
 * The large data, body, input and output of a job, lies in a memory region that both processes have
 * mapped (ipc/region.h).
 *
 *     server                                      worker
 *       |-- struct setup_message, once ------------->|   enters its sandbox
 *       |<------------- struct ready_message, once --|   status 0: ready for jobs
 *       |-- struct job_message, body and input in -->|   the region
 *       |<--- struct reply_message, output in the ---|
 *
 * A job's body and a reply's result are opaque here: the server and the worker program agree on
 * what they mean, and this folder only carries them. A result comes last in its message, and only
 * the bytes in use are sent.
 *
 * One server talks to one worker, and one job runs at a time. Both programs come from one build;
 * the version catches a mixed installation. The server checks everything a worker sends before it
 * uses it (job_check_ready, job_check_reply), because an image may have taken the worker over; what
 * a result contains is for the server's own code to check.
 *
 * Message queues are limited: an unprivileged user's to 10 messages of 8192 bytes, every user's to
 * 819,200 bytes in all (RLIMIT_MSGQUEUE), and their number to 256 where the user has no
 * CAP_SYS_RESOURCE (fs.mqueue.queues_max). The kernel charges 96 bytes for each message beside its
 * size, and for all that fit, sent or not. So bodies are not sent, and a worker costs
 * 2 x (56 + 96) + 2 x (680 + 96) = 1,856 bytes, which allows 441 workers for one user; the number
 * of queues allows 128.
 */
enum {
    JOB_WIRE_VERSION = 5,
    JOB_DETAIL_BYTES = 128,  /* a text for the client or the log, its NUL included */
    JOB_BODY_BYTES = 4096,   /* of a job's body, at most; in the region, in front of the input */
    JOB_RESULT_BYTES = 512,  /* of a reply's result, at most */
    JOB_ORDER_BYTES = 56,    /* mq_msgsize of the queue to the worker: a setup */
    JOB_MESSAGE_BYTES = 680, /* mq_msgsize of the queue to the server: a reply with a full result */
    JOB_QUEUE_DEPTH = 2,     /* mq_maxmsg of both queues: a ping and a job behind it */
};

enum job_kind {
    JOB_PING = 1, /* has no body and no input; answered with status 0 and nothing else */
    JOB_WORK = 2,
};

struct setup_message {
    uint32_t version;
    uint32_t sandbox;           /* 1: enter the sandbox or report why not; 0: run without it */
    uint64_t max_memory_bytes;  /* of address space (RLIMIT_AS), besides the region */
    uint64_t input_capacity;    /* the region: a body, input_capacity bytes of input, then ... */
    uint64_t output_capacity;   /* ... so many of output; both are multiples of the page size */
    uint32_t first_user, users; /* ids of the users that the worker may become one of */
    uint32_t user_index;        /* the one to try first */
    uint32_t log_level;
    uint32_t reserved;
};

struct ready_message {
    uint32_t version;
    int32_t status;                /* 0: ready for jobs; STATUS_INTERNAL: it cannot start */
    uint32_t layers;               /* enum sandbox_layer, those in force */
    char detail[JOB_DETAIL_BYTES]; /* why it cannot start, for the server's log; NUL-terminated */
};

struct job_message {
    uint32_t version;
    uint32_t kind;       /* enum job_kind */
    uint64_t generation; /* the reply repeats it; never the same twice for one worker */
    uint64_t input_bytes;
    uint32_t body_bytes;
    uint32_t reserved;
};

struct reply_message {
    uint32_t version;
    int32_t status;         /* enum status */
    uint64_t generation;    /* the job's */
    uint64_t output_offset; /* from the start of the output part of the region */
    uint64_t output_bytes;
    uint32_t spent; /* 1: replace this worker, it is short of memory or failed jobs have leaked */
    uint32_t result_bytes;
    char detail[JOB_DETAIL_BYTES]; /* a sentence for the client; NUL-terminated */
    uint8_t result[JOB_RESULT_BYTES];
};

/* Room for any message that queue_receive() fills in. */
union any_message {
    struct setup_message setup;
    struct ready_message ready;
    struct job_message job;
    struct reply_message reply;
    uint8_t bytes[JOB_MESSAGE_BYTES];
};

static_assert(sizeof(union any_message) == JOB_MESSAGE_BYTES, "every message fits its queue");
static_assert(128 * JOB_QUEUE_DEPTH * (JOB_ORDER_BYTES + 96 + JOB_MESSAGE_BYTES + 96) < 819200,
              "the number of queues ends before their bytes");
static_assert(sizeof(struct setup_message) == JOB_ORDER_BYTES, "every message fits its queue");
static_assert(sizeof(struct job_message) <= JOB_ORDER_BYTES, "every message fits its queue");
static_assert(offsetof(struct setup_message, reserved) == 48, "no padding on the wire");
static_assert(offsetof(struct ready_message, detail) == 12, "no padding on the wire");
static_assert(sizeof(struct job_message) == 32, "no padding on the wire");
static_assert(offsetof(struct reply_message, result) == 40 + JOB_DETAIL_BYTES,
              "no padding on the wire");

/* How many bytes of a reply are sent. */
static inline size_t reply_message_size(const struct reply_message *reply)
{
    return offsetof(struct reply_message, result) + reply->result_bytes;
}

/* Whether `size` bytes received as `reply` are a valid answer to job `generation`, with an output
 * inside `output_capacity` and exactly as many bytes of result as were received. Terminates detail
 * and blanks its control characters. 0, or -EPROTO: the worker breaks the protocol or is of another
 * build; kill it. -ESTALE: an answer to an earlier job. Any thread. */
int job_check_reply(struct reply_message *reply, size_t size, uint64_t generation,
                    uint64_t output_capacity);

/* Whether `size` bytes received as `ready` are a ready message. Treats detail in the same way. 0 or
 * -EPROTO. Any thread. */
int job_check_ready(struct ready_message *ready, size_t size);

/* The checks on the worker's side. 0 or -EPROTO. */
int job_check_job(const struct job_message *job, size_t size, uint64_t input_capacity);
int job_check_setup(const struct setup_message *setup, size_t size);
