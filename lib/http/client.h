/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/call.h"

/*
 * Calls to another HTTP server over kept-alive connections, one at a time on each of a pool of
 * handles. The calling thread waits for the answer, for the deadline and for its own client to go
 * away, whichever comes first.
 */
struct http_client;

struct http_client_options {
    const char *base_url;   /* "http://127.0.0.1:8000": scheme, host and port; copied */
    unsigned max_handles;   /* at most as many as the other server takes connections */
    int64_t handle_wait_ms; /* how long a call may wait for a free handle */
    size_t max_body_bytes;  /* of an answer */
};

/* 0; -EINVAL: not an http:// URL; -ENOMEM. */
int http_client_new(struct http_client **client, const struct http_client_options *options);

/* No call may be in progress. NULL is fine. Returns NULL. */
struct http_client *http_client_free(struct http_client *client);

/* POST, or GET if call->body is NULL. 0 and *result, whatever its http_status; or
 * STATUS_SCALE_UNAVAILABLE: refused, reset, cut short, too long or not HTTP; STATUS_OVERLOADED: no
 * handle came free, or `reserve` refused; STATUS_DEADLINE_EXCEEDED; STATUS_CLIENT_GONE; or
 * -errno. `result` is always set. A kept-alive connection that the other side has closed is
 * replaced silently. Any thread, many at once. */
int http_client_call(struct http_client *client, const struct http_call *call,
                     struct http_call_result *result);
