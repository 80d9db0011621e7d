/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/request.h"
#include "http/state.h"

/* Inside lib/http: a request's memory. All from its own thread, but for request_observe(). */

/* NULL: no memory. */
struct http_request *request_new(struct http_server *server, struct MHD_Connection *connection,
                                 const char *target);
void request_free(struct http_request *request);

/* Reads request->fields; replaces the request's id with the client's X-Request-Id if that is sane,
 * and continues the client's trace. */
void request_identify(struct http_request *request);

/* The length of a field's value without the white space at its end, which is not part of it (RFC
 * 9110, 5.5), but which the library leaves there. */
size_t request_value_length(const char *value);

/* Identifies the client: the peer, or the one that a trusted proxy's X-Forwarded-For names. */
void request_identify_client(struct http_request *request);

/* Counts a body of `size` bytes among the bytes in flight, before it is allocated. 0, or
 * STATUS_OVERLOADED and the detail. */
int request_reserve_body(struct http_request *request, size_t size);

/* A body of up to this many bytes is not counted: every connection may have one. */
enum { REQUEST_SMALL_BYTES = 16 * 1024 };

/* Frees the body and gives its bytes back. */
void request_drop_body(struct http_request *request);

/* The same after the handler, which may have taken the bytes out: these stay counted. */
void request_end_body(struct http_request *request);

/* Calls the server's `observe`, unless it was called for this request. `problem`: the enum status
 * that the answer is about. From the thread that owns the request's phase: its own, or the
 * watchdog's when it answers. */
void request_observe(struct http_request *request, unsigned code, int problem);

/* Sets the deadline; called once the body is complete. */
void request_set_deadline(struct http_request *request);
