/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One call of another HTTP server: what to send, and what came back. */
struct http_call {
    const char *target; /* path and query, "/scale?scale=0.5" */
    const void *body;   /* borrowed until the call returns; NULL: a GET */
    size_t body_size;
    const char *request_id;               /* X-Request-Id; may be NULL */
    const char *forwarded_for;            /* X-Forwarded-For; may be NULL */
    const char *token;                    /* Authorization: Bearer; may be NULL */
    const char *accept;                   /* Accept; may be NULL: anything */
    const char *traceparent, *tracestate; /* of the same names; may be NULL */
    int64_t deadline_us; /* base/deadline.h; what is left is sent as X-Deadline-Ms */
    int client_fd;       /* watched: if it closes, so does the call; -1: none */
    /* Optional: called before `bytes` are allocated for the answer. False: the call ends with
     * STATUS_OVERLOADED. */
    bool (*reserve)(void *context, size_t bytes);
    void *reserve_context;
};

struct http_call_result {
    unsigned http_status;      /* of the answer, whatever it is; the caller decides what it means */
    struct buffer body;        /* the caller's; buffer_clear() */
    char content_type[64];     /* "": none, or longer */
    int64_t queue_us, work_us; /* of Server-Timing; 0: not given */
    char path[32];             /* "desc" of its work; "": not given, or longer */
    int64_t total_us;          /* measured here */
    unsigned attempts;         /* a second one replaces a connection that was closed meanwhile */
    unsigned retry_after_s;    /* 0: not given */
    char error[256];           /* why there is no answer, for the log; "": there is one */
};
