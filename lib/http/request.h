/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"
#include "http/query.h"

#include <stdint.h>

/*
 * One request as a handler sees it. It lives from its request line until its answer is sent, and
 * belongs to the connection's thread: call these functions from no other. Pointers that they return
 * live as long as the request.
 */
struct http_request;

/* The client's X-Request-Id if it is sane, otherwise one of ours; never NULL. */
const char *http_request_id(const struct http_request *request);

/* The values of the route's parameters: of the query, and of a form's fields as far as they have
 * been read: all before `handle`, those before the file before `peek` and `admit`. */
const struct http_parameter_values *http_request_parameters(const struct http_request *request);

/* Those of them that fields of a form gave, and not the query. */
struct http_parameter_values http_request_form_parameters(const struct http_request *request);

/* The `live` of the server's options with which the request began. */
const void *http_request_live(const struct http_request *request);

/* Whether a trusted proxy sent it, whose header fields speak for the client. */
bool http_request_is_proxied(const struct http_request *request);

/* The path of its route. */
const char *http_request_path(const struct http_request *request);

/* What follows it, decoded, if the route is HTTP_ROUTE_BELOW; otherwise "". */
const char *http_request_path_below(const struct http_request *request);

/* The query as the client wrote it, not decoded; *length is 0 without one. */
const char *http_request_query(const struct http_request *request, size_t *length);

/* Of a route with `read_query`, which calls it: the name of the field that chooses among several
 * files of a form; "file" unless it is called. 0 or -ENOMEM. */
int http_request_choose_file(struct http_request *request, const char *name);

/* What a POST brings: its body, or of a multipart/form-data the one file in it. A view into the
 * body, complete when the route's `handle` is called. */
struct http_content {
    const uint8_t *data;
    size_t size;
};
struct http_content http_request_content(const struct http_request *request);

/* The body as it came, complete when the route's `handle` is called; empty before, and for GET. The
 * request owns it and frees it after the handler, before the answer is sent. A handler may take the
 * bytes out and leave the buffer empty; they stay counted as in flight until the answer is sent,
 * and the content is gone with them. */
struct buffer *http_request_body(struct http_request *request);

/* The request's place in a distributed trace, for requests to other servers: a traceparent with the
 * span of this request, and the client's tracestate as it came; NULL: there is none, or it is
 * beyond what is passed on. */
const char *http_request_traceparent(struct http_request *request);
const char *http_request_tracestate(const struct http_request *request);

/* The value of a header field (of the first one), with any white space at its end, or NULL. */
const char *http_request_header(const struct http_request *request, const char *name);

/* The value of a field that is a list: of all its lines, with commas between them (RFC 9110, 5.3).
 * *value is the caller's to free, and NULL without the field. 0 or -ENOMEM. */
int http_request_list(const struct http_request *request, const char *name, char **value);

/* The client's socket, to notice that it goes away; do not read, write or close it. */
int http_request_client_fd(const struct http_request *request);

/* The port that the client connected to; 0: of a Unix socket, or not known. */
uint16_t http_request_port(const struct http_request *request);

/* The client, as the server identified it: a number that is never 0 and stays the client's as long
 * as the server runs; and its address as text, "unknown" if it has none. */
uint64_t http_request_client(const struct http_request *request);
const char *http_request_client_text(struct http_request *request);

/* Counts `bytes` that the handler is about to allocate among the bytes in flight, of the server and
 * of the client, until the answer is sent. False: too many; nothing was counted, the answer's
 * detail says why, and the handler returns STATUS_OVERLOADED. */
bool http_request_reserve(struct http_request *request, size_t bytes);

/* When the answer must be ready: deadline_ms of the server's options, or the client's own
 * X-Deadline-Ms if that is shorter, counted from the moment the body was complete. */
int64_t http_request_deadline_us(const struct http_request *request);
