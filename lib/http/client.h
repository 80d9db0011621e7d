/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Calls to another HTTP server over kept-alive connections, one at a time on each of a pool of
 * handles. The calling thread waits for the answer, the deadline and its own client's going away,
 * whichever is first.
 */
struct http_client;

struct http_client_options {
    const char *base_url;   /* "http://127.0.0.1:8000": scheme, host and port; copied */
    unsigned max_handles;   /* no more than the other server takes connections */
    int64_t handle_wait_ms; /* how long a call may wait for a free handle */
    size_t max_body_bytes;  /* of an answer */
};

struct http_call {
    const char *target; /* path and query, "/scale?scale=0.5" */
    const void *body;   /* borrowed until the call returns; NULL: a GET */
    size_t body_size;
    const char *request_id;    /* X-Request-Id; may be NULL */
    const char *forwarded_for; /* X-Forwarded-For; may be NULL */
    int64_t deadline_us;       /* base/deadline.h; what is left is sent as X-Deadline-Ms */
    int client_fd;             /* watched for its going away; -1: none */
    /* Optional: asked before so many bytes more are allocated for the answer. False: the call ends
     * with STATUS_OVERLOADED. */
    bool (*reserve)(void *context, size_t bytes);
    void *reserve_context;
};

struct http_call_result {
    unsigned http_status;      /* on 0: any; the caller decides what it means */
    struct buffer body;        /* the caller's; buffer_clear() */
    char content_type[64];     /* "" where there is none or it is longer */
    int64_t queue_us, work_us; /* of Server-Timing; 0 where there is none */
    int64_t total_us;          /* measured here */
    unsigned retry_after_s;    /* 0 where there is none */
    char error[256];           /* why there is no answer, for the log; "" where there is one */
};

/* 0; -EINVAL: no http:// URL; -ENOMEM. */
int http_client_new(struct http_client **client, const struct http_client_options *options);

/* No call may be under way. NULL is fine. Returns NULL. */
struct http_client *http_client_free(struct http_client *client);

/* POST, or GET where call->body is NULL. 0 and *result, whatever its http_status; or
 * STATUS_SCALE_UNAVAILABLE: refused, reset, cut short, too long or not HTTP; STATUS_OVERLOADED: no
 * handle came free, or no memory may be had; STATUS_DEADLINE_EXCEEDED; STATUS_CLIENT_GONE; or
 * -errno. `result` is always set. A kept-alive connection that the other side has closed is
 * replaced without a word. Any thread, many at once. */
int http_client_call(struct http_client *client, const struct http_call *call,
                     struct http_call_result *result);
