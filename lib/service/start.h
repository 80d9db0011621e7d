/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "ipc/pool.h"

/*
 * The steps that both servers' main() takes in order, each of which says on standard error what is
 * wrong and returns the exit code, or 0: go on. All from the main thread.
 */
struct service {
    const char *program;       /* "grisaille-gateway" */
    const char *worker;        /* "grisaille-gray" */
    const char *worker_folder; /* of the build tree, beside this program's: "gray" */
};

/* Checks settings->ready_fd, makes sure that descriptors 0 to 2 are open, blocks the signals that
 * service_wait() waits for, and SIGCHLD for the pool, in this thread and all that it starts; opens
 * the log. Before any other thread, and before a descriptor of ours is open. 2, the exit code for a
 * wrong flag, where ready_fd is none that can be written to. */
int service_begin(const struct service *service, const struct settings *settings);

int service_start_pool(const struct service *service, const struct settings *settings,
                       struct pool **pool);

int service_start_server(const struct service *service, const struct settings *settings,
                         const struct http_route *routes, size_t route_count, void *context,
                         struct http_server **server);

/* Says that requests are answered: a line of log with the address and port, the line "ready port=N"
 * on settings->ready_fd, which is closed, and READY=1 to systemd. */
void service_announce(const struct settings *settings, const struct http_server *server);

/* Sleeps until SIGTERM, SIGINT or SIGHUP, and tells systemd STOPPING=1. */
void service_wait(void);

/* Answers what is under way, up to shutdown.drain_ms, and hangs up on the rest. Frees the server.
 */
void service_drain(const struct settings *settings, struct http_server *server);
