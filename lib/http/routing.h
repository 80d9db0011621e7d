/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

struct http_request;

/* Inside lib/http: what a request asks for, and what its header section alone decides. All from
 * the request's thread. */

/* Finds the route and reads its parameters. 0, or why the request is refused; sets
 * request->no_content for OPTIONS, which asks nothing more. */
int routing_check(struct http_request *request);

/* Reserves a body of the announced length. 0, or STATUS_OVERLOADED: too much to hold just now. */
int routing_find_memory(struct http_request *request);

/* Whether there is room for the work, as the route says, by the first `size` bytes of the body. */
int routing_admit(struct http_request *request, const void *bytes, size_t size);

/* STATUS_BODY_TOO_LARGE, with the limit in the answer's detail. */
int routing_refuse_size(struct http_request *request);
