/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "ipc/pool.h"
#include "service/metrics.h"

/*
 * GET /metrics, on a port of its own: a server that is busy with images answers there as quickly as
 * one at rest, and who reads metrics too often delays no image. From the main thread.
 */
struct metrics_listener;

struct metrics_listener_options {
    const struct settings *settings; /* borrowed, like all of these */
    struct pool *pool;
    enum metric_pool pool_name;
    const struct http_route *routes; /* of the server that is watched */
    size_t route_count;
};

/* Listens on metrics.ip and metrics.port. 0; or -errno, as http_server_new(). */
int metrics_listener_new(struct metrics_listener **listener,
                         const struct metrics_listener_options *options);

/* Where events are counted: lives as long as the listener. NULL: there is no listener. */
struct metrics *metrics_listener_metrics(const struct metrics_listener *listener);

/* As http_server_ip() and http_server_port(). */
const char *metrics_listener_ip(const struct metrics_listener *listener);
uint16_t metrics_listener_port(const struct metrics_listener *listener);

/* The server whose state is read, from now on; NULL: none, before it is freed. */
void metrics_listener_watch(struct metrics_listener *listener, struct http_server *server);

/* Closes its connections and frees it. NULL is fine; returns NULL. */
struct metrics_listener *metrics_listener_free(struct metrics_listener *listener);
