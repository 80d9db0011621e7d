/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/server.h"

/*
 * Starts and stops libmicrohttpd. Its threads: one accepts and cleans up; one for each connection
 * runs the callbacks of exchange.c. The watchdog of timeouts.c runs besides them.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "http/acceptor.h"
#include "http/admission.h"
#include "http/exchange.h"
#include "http/listen.h"
#include "http/logger.h"
#include "http/reply.h"
#include "http/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum {
    STACK_BYTES = 256 * 1024,
    CONNECTION_BYTES = 64 * 1024, /* zeroed for every request: a larger one costs time */
    /* A connection's socket, and what its handler opens for a call to another server: a socket, a
     * socket pair and a descriptor for name resolution. */
    DESCRIPTORS_PER_CONNECTION = 5,
    DESCRIPTORS_BESIDES = 256,
    FULL_MS = 5, /* between looks whether there are places again */
};

static void connection_closed(struct http_server *server)
{
    if (atomic_fetch_sub(&server->connections, 1) != 1 || !atomic_load(&server->draining))
        return;
    pthread_mutex_lock(&server->mutex);
    pthread_cond_signal(&server->finished);
    pthread_mutex_unlock(&server->mutex);
}

void server_forget_handed_over(struct http_server *server)
{
    unsigned count = atomic_load(&server->handed_over);

    while (count > 0 && !atomic_compare_exchange_weak(&server->handed_over, &count, count - 1))
        ;
}

/* Called in the library's main thread: before the connection's thread starts, and after it was
 * joined, before its socket is closed. */
static void notify_connection(void *argument, struct MHD_Connection *connection, void **context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = argument;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        admission_leave(server, *context);
        *context = NULL;
        connection_closed(server);
        return;
    }
    atomic_fetch_add(&server->connections, 1);
    server_forget_handed_over(server);
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL)
        *context = admission_enter(server, info->connect_fd);
}

/* The connections must not reach the limit of descriptors: the accepting thread would spin. */
static int raise_descriptor_limit(unsigned max_connections)
{
    rlim_t places = admission_places(max_connections);
    rlim_t least = places + DESCRIPTORS_BESIDES;
    rlim_t wanted = places * DESCRIPTORS_PER_CONNECTION + DESCRIPTORS_BESIDES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return -errno;
    if (limit.rlim_cur >= wanted)
        return 0;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (limit.rlim_cur < least)
        return -EMFILE;
    return setrlimit(RLIMIT_NOFILE, &limit) != 0 ? -errno : 0;
}

/* Of several sockets, or of one. */
static bool has_acceptor(const struct http_server *server)
{
    return server->options.listen_fd_count > 1;
}

static int start_library(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    const bool polls = !has_acceptor(server);
    struct MHD_OptionItem listening[] = {
        {polls ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_END, server->listen_fd, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG;

    if (!polls)
        flags |= MHD_USE_NO_LISTEN_SOCKET;

    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_continue, server, MHD_OPTION_EXTERNAL_LOGGER, logger_write,
        NULL, /* first, or it misses messages about other options */
        MHD_OPTION_ARRAY, listening, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, server,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_complete, server, MHD_OPTION_NOTIFY_CONNECTION,
        notify_connection, server, MHD_OPTION_CONNECTION_LIMIT,
        admission_places(options->max_connections), MHD_OPTION_CONNECTION_TIMEOUT,
        terms_backstop_s(options), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_END);
    if (server->daemon == NULL) {
        if (polls)
            server->listen_fd = -1; /* most of the library's failures close it */
        return -EIO;
    }
    return 0;
}

static int check_routes(const struct http_server_options *options)
{
    for (size_t i = 0; i < options->route_count; i++) {
        const struct http_parameter_table *parameters = options->routes[i].parameters;

        if (parameters != NULL && !http_parameters_fit(parameters))
            return -E2BIG;
    }
    return 0;
}

/* Of several sockets the first TCP socket is the one that is announced. */
static int adopt_listeners(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    int status = 0;

    for (size_t i = options->listen_fd_count; i-- > 0 && status == 0;) {
        char text[LISTEN_TEXT_BYTES];
        uint16_t port;

        status = listen_adopt(options->listen_fds[i], text, sizeof(text), &port);
        if (status == 0 && (port != 0 || server->port == 0)) {
            memcpy(server->ip, text, sizeof(text));
            server->port = port;
        }
    }
    server->borrowed = true;
    server->listen_fd = options->listen_fds[0];
    return status;
}

static int open_listener(struct http_server *server)
{
    if (server->options.listen_fd_count > 0)
        return adopt_listeners(server);
    return listen_open(server->options.ip, server->options.port, &server->listen_fd, server->ip,
                       sizeof(server->ip), &server->port, &server->listen_file);
}

static int start(struct http_server *server)
{
    const struct timeouts_options timeouts = {
        .limits =
            {
                .idle_ms = server->options.idle_timeout_ms,
                .body_ms = server->options.body_timeout_ms,
                .reply_ms = server->options.answer_timeout_ms,
                .min_bytes_per_s = server->options.min_bytes_per_s,
            },
        .hangup_ms = LINGER_MS,
        .expired = exchange_expired,
    };
    const struct clients_options clients = {
        .prefix_v6 = server->options.client_prefix_v6,
        .trusted = server->options.trusted_proxies,
    };
    int status;

    status = check_routes(&server->options);
    if (status != 0)
        return status;
    status = raise_descriptor_limit(server->options.max_connections);
    if (status != 0)
        return status;
    server->terms.current = terms_new(&server->options);
    if (server->terms.current == NULL)
        return -ENOMEM;
    status = open_listener(server);
    if (status != 0)
        return status;
    status = clients_new(&server->clients, &clients);
    if (status != 0)
        return status;
    status = timeouts_new(&server->timeouts, &timeouts);
    if (status != 0)
        return status;
    status = start_library(server);
    if (status == 0 && has_acceptor(server))
        status = acceptor_new(&server->acceptor, server, server->options.listen_fds,
                              server->options.listen_fd_count);
    return status;
}

int http_server_new(struct http_server **server, const struct http_server_options *options)
{
    struct http_server *created = calloc(1, sizeof(*created));
    pthread_condattr_t monotonic;
    int status;

    if (created == NULL)
        return -ENOMEM;
    created->options = *options;
    created->listen_fd = -1;
    pthread_mutex_init(&created->mutex, NULL);
    pthread_mutex_init(&created->terms.mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&created->finished, &monotonic);
    pthread_condattr_destroy(&monotonic);
    status = start(created);
    if (status != 0) {
        if (created->terms.current != NULL)
            created->terms.current->options.release = NULL; /* the caller's, on errors */
        http_server_free(created);
        return status;
    }
    *server = created;
    return 0;
}

int http_server_change(struct http_server *server, const struct http_server_options *options)
{
    struct http_server_options merged = server->options;
    struct terms *terms;

    merged.client_prefix_v6 = options->client_prefix_v6;
    merged.idle_timeout_ms = options->idle_timeout_ms;
    merged.body_timeout_ms = options->body_timeout_ms;
    merged.answer_timeout_ms = options->answer_timeout_ms;
    merged.min_bytes_per_s = options->min_bytes_per_s;
    merged.deadline_ms = options->deadline_ms;
    merged.max_client_bytes = options->max_client_bytes;
    merged.tokens = options->tokens;
    merged.cors_origins = options->cors_origins;
    merged.live = options->live;
    merged.release = options->release;
    terms = terms_new(&merged);
    if (terms == NULL)
        return -ENOMEM;
    clients_change(server->clients, merged.client_prefix_v6);
    timeouts_change(server->timeouts, &(struct timeouts_limits){
                                          .idle_ms = merged.idle_timeout_ms,
                                          .body_ms = merged.body_timeout_ms,
                                          .reply_ms = merged.answer_timeout_ms,
                                          .min_bytes_per_s = merged.min_bytes_per_s,
                                      });
    terms_replace(&server->terms, terms);
    return 0;
}

const void *http_server_live(const struct http_server *server)
{
    return server->terms.current->options.live;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

const char *http_server_ip(const struct http_server *server)
{
    return server->ip;
}

void http_server_get_status(struct http_server *server, struct http_server_status *status)
{
    status->connections = atomic_load(&server->connections);
    status->requests = atomic_load(&server->requests);
    status->inflight_bytes = atomic_load(&server->inflight_bytes);
}

/* A client in the backlog has connected and perhaps sent a whole request. Of our own socket they
 * are accepted, because closing it would reset them, and while all places are taken they wait for
 * one until then. No more than the backlog holds, or a flood would keep us here. */
static void take_backlog(struct http_server *server, int64_t until_us)
{
    const struct timespec pause = {.tv_nsec = FULL_MS * 1000000L};
    unsigned left = LISTEN_BACKLOG + 1;

    while (acceptor_take(server, server->listen_fd, &left) == -EBUSY && clock_us() < until_us)
        nanosleep(&pause, NULL);
}

/* A borrowed socket keeps its backlog for the next process. */
static void stop_listening(struct http_server *server, int64_t until_us)
{
    if (atomic_exchange(&server->draining, true))
        return;
    server->acceptor = acceptor_free(server->acceptor);
    MHD_quiesce_daemon(server->daemon);
    /* The library may have accepted a connection just now that we have not heard of yet. */
    acceptor_mark(server);
    timeouts_close_idle(server->timeouts);
    if (server->borrowed)
        return;
    take_backlog(server, until_us);
    /* Connecting fails from now on. The descriptor itself is closed after the library's threads
     * have ended, because one of them may be about to use its number. */
    shutdown(server->listen_fd, SHUT_RDWR);
    listen_forget(&server->listen_file);
}

static bool has_connections(struct http_server *server)
{
    return atomic_load(&server->connections) + atomic_load(&server->handed_over) > 0;
}

bool http_server_drain(struct http_server *server, int64_t drain_ms)
{
    int64_t deadline = deadline_after_ms(drain_ms);
    struct timespec until = {deadline / 1000000, deadline % 1000000 * 1000};
    int status = 0;

    stop_listening(server, deadline);
    pthread_mutex_lock(&server->mutex);
    while (has_connections(server) && status == 0)
        status = -pthread_cond_timedwait(&server->finished, &server->mutex, &until);
    pthread_mutex_unlock(&server->mutex);
    return atomic_load(&server->requests) == 0;
}

struct http_server *http_server_free(struct http_server *server)
{
    if (server == NULL)
        return NULL;
    if (server->daemon != NULL) {
        stop_listening(server, 0);
        MHD_stop_daemon(server->daemon);
    }
    listen_forget(&server->listen_file); /* of a server that did not start */
    timeouts_free(server->timeouts);
    clients_free(server->clients);
    terms_let_go(server->terms.current);
    if (!server->borrowed)
        close_fd(server->listen_fd);
    pthread_cond_destroy(&server->finished);
    pthread_mutex_destroy(&server->mutex);
    pthread_mutex_destroy(&server->terms.mutex);
    free(server);
    return NULL;
}
