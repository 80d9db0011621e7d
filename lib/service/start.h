/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "ipc/pool.h"
#include "service/metrics_listener.h"
#include "service/reload.h"

/*
 * The steps of both servers' main(), in order. Each one returns 0, or reports an error on standard
 * error and returns the exit code. All from the main thread.
 */
struct service {
    const char *program;       /* "grisaille-gateway" */
    const char *worker;        /* "grisaille-gray" */
    const char *worker_folder; /* of the build tree, beside this program's: "gray" */
    const struct option_table *options;
    live_describe *describe; /* what shows its settings to clients */
};

/* Checks settings->ready_fd, makes sure that descriptors 0 to 2 are open, blocks the signals that
 * service_wait() waits for, and SIGCHLD for the pool, in this thread and all that it starts; opens
 * the log. Call it before any other thread starts or descriptor is opened. Returns 2, the exit code
 * for a wrong flag, if ready_fd is not open for writing. */
int service_begin(const struct service *service, const struct settings *settings);

int service_start_pool(const struct service *service, const struct settings *settings,
                       struct pool **pool);

/* *listener stays NULL if metrics.port is 0; also, after a warning, if that is the default and
 * another process has it, as where two servers share a host. */
int service_start_metrics(const struct service *service,
                          const struct metrics_listener_options *options,
                          struct metrics_listener **listener);

/* `listener` (NULL: none) counts the server's requests and reports its state. */
int service_start_server(const struct service *service, const struct settings *settings,
                         const struct http_route *routes, size_t route_count, void *context,
                         struct metrics_listener *listener, struct http_server **server);

/* Announces that the server answers requests: a log line with address and port, one for each
 * other socket that was passed, one with those of metrics, the line "ready port=N" on
 * settings->ready_fd, which is then closed, and READY=1 to systemd. */
void service_announce(const struct settings *settings, const struct http_server *server,
                      const struct metrics_listener *listener);

/* Sleeps until SIGTERM or SIGINT, and sends systemd STOPPING=1. Reloads at each SIGHUP. */
void service_wait(const struct reload *reload);

/* Goes on as before for shutdown.delay_ms, while /readyz answers 503; then finishes the requests in
 * progress, for up to shutdown.drain_ms, and closes the other connections. Metrics can be read
 * meanwhile. Frees the server. */
void service_drain(const struct settings *settings, struct http_server *server,
                   struct metrics_listener *listener);
