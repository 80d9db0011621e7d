/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/request_internal.h"

/* Inside lib/http: the one line that the log has about each request, once it is over. Of the query
 * it has nothing, since a value may be a secret. The request's thread. */
void access_log_write(struct http_request *request);

/* What a client sent as its request line's target, without the query and without control
 * characters, as far as the log wants to know it. */
enum { ACCESS_TARGET_BYTES = 193 };
void access_log_target(const struct http_request *request, char text[static ACCESS_TARGET_BYTES]);
