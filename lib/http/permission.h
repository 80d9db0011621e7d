/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

struct http_request;
struct http_target;

/*
 * Inside lib/http: whether a client may have an image made. It must hold a token, if the server has
 * any, and a browser must not be acting for a foreign page. All from the request's thread.
 */

/* With the header section: finds out whether the request comes from a page of one of the origins
 * that may use this server. */
void permission_find_origin(struct http_request *request);

/* Once the route is found. 0; STATUS_FORBIDDEN: a page of another site sent it; or
 * STATUS_UNAUTHORIZED: it has no valid token. */
int permission_check(struct http_request *request, const struct http_target *target);
