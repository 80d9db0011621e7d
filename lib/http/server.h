/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/options.h"
#include "http/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An HTTP server: a table of routes in, answers out. One thread for each connection calls the
 * handlers, which may block. Everything that HTTP itself requires (framing, methods, 404, 405,
 * OPTIONS, HEAD, 413, parameters, timeouts, problem documents, keep-alive) is decided in here, and
 * before any of a body is read where possible.
 */
struct http_server;

/* The state at this moment. */
struct http_server_status {
    unsigned connections, requests; /* open; from the request line to the answer's last byte */
    size_t inflight_bytes;
};

/* Listens and serves. Raises RLIMIT_NOFILE to what max_connections needs. The caller has blocked
 * the signals that it waits for. 0; -EINVAL: `ip` is no address, or a proxy's no network; -EMFILE:
 * max_connections is beyond the hard limit of descriptors; -E2BIG: there is no room for the
 * parameters of a route; or -errno of socket, bind, listen or the start. */
int http_server_new(struct http_server **server, const struct http_server_options *options);

/* The port listened on. */
uint16_t http_server_port(const struct http_server *server);

/* The address listened on, as text: "0.0.0.0" if "::" was asked for and the host has no IPv6. */
const char *http_server_ip(const struct http_server *server);

/* Any thread. */
void http_server_get_status(struct http_server *server, struct http_server_status *status);

/* Replaces those of the options that may change while the server runs; the other members are not
 * looked at. Requests in progress keep what they began with, but for the timeouts. 0, and `options`
 * are in force until their release is called; or -ENOMEM. From one thread at a time. */
int http_server_change(struct http_server *server, const struct http_server_options *options);

/* The `live` of the options in force. The thread that changes them. */
const void *http_server_live(const struct http_server *server);

/* Accepts the connections in the backlog and no new ones, closes idle ones, and waits up to
 * drain_ms for the requests in progress; a connection that has not sent its first request yet has a
 * second for it. Returns whether all were answered. Once, from the thread that frees the server. */
bool http_server_drain(struct http_server *server, int64_t drain_ms);

/* Closes the connections that are left (a handler sees its client go away), waits for the handlers,
 * and frees. NULL is fine. Returns NULL. */
struct http_server *http_server_free(struct http_server *server);
