/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"
#include "http/query.h"

#include <stdint.h>

/*
 * One request as a handler sees it. It lives from its request line until its answer is sent, and
 * belongs to the connection's thread: nothing here may be called from another one. Pointers that
 * are returned live as long as the request.
 */
struct http_request;

/* The caller's X-Request-Id where it is sane, else one of ours; never NULL. */
const char *http_request_id(const struct http_request *request);

/* The values of the route's parameters. */
const struct http_parameter_values *http_request_parameters(const struct http_request *request);

/* The body, all of it by the time of `handle`; empty before, and for GET. Its owner is the request:
 * a handler may take the bytes out (and leave the buffer empty). */
struct buffer *http_request_body(struct http_request *request);

/* A header field's value (the first) with any white space behind it, or NULL. */
const char *http_request_header(const struct http_request *request, const char *name);

/* The client's socket, to watch for its going away; do not read, write or close it. */
int http_request_client_fd(const struct http_request *request);

/* Who sent it, as the server identified it: a number that is never 0 and the client's as long as
 * the server runs; and its address as text, "unknown" where it has none. */
uint64_t http_request_client(const struct http_request *request);
const char *http_request_client_text(struct http_request *request);

/* Counts `bytes` that the request is about to allocate among the bytes in flight, of the server and
 * of its client, until it is over. True: do. False: they are too many; then nothing is counted, the
 * answer's detail says why, and the handler ends with STATUS_OVERLOADED. */
bool http_request_reserve(struct http_request *request, size_t bytes);

/* Puts other bytes, whose capacity was reserved, in the place of the body, and leaves the caller an
 * empty buffer. */
void http_request_replace_body(struct http_request *request, struct buffer *body);

/* When the answer must be there: deadline_ms of the server's options, or the client's own
 * X-Deadline-Ms where that is less, counted from the moment the body was complete. */
int64_t http_request_deadline_us(const struct http_request *request);
