/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

struct connection;
struct http_request;
struct http_server;

/* Inside lib/http: connections come and go, and which of them may stay. Called from the library's
 * main thread, except where a comment says otherwise. */

/* How many connections the library may have for `max_connections` of ours. */
unsigned admission_places(unsigned max_connections);

/* A connection begins; if there are too many, an idle one is closed for it. NULL: no memory. */
struct connection *admission_enter(struct http_server *server, int fd);

/* It ends, before its socket is closed. NULL is fine. */
void admission_leave(struct http_server *server, struct connection *connection);

/* Why there is no room for a request, for its client: more connections are open than allowed, in
 * all or of this client, and the request's own is among the surplus. NULL: there is room. The
 * request's thread. */
const char *admission_refuses(struct http_request *request);

/* For a request whose client is known by now, and when it is over: a proxy's connection counts for
 * the client of the request in progress on it. The request's thread. */
void admission_begin_request(struct http_request *request);
void admission_end_request(struct http_request *request);
