/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/request.h"

/*
 * A request's memory, and what a handler may ask of it. It is made when its request line is read
 * and freed when the library says that it is over, which is the one moment that always comes.
 */
#include "base/deadline.h"
#include "base/parse.h"
#include "http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Bytes in flight are counted in steps, so that a body of many pieces touches the one counter that
 * all threads share rarely. */
enum { ACCOUNT_STEP_BYTES = 256 * 1024 };

static uint64_t id_prefix;
static pthread_once_t id_prefix_once = PTHREAD_ONCE_INIT;

static void choose_id_prefix(void)
{
    if (getrandom(&id_prefix, sizeof(id_prefix), 0) != (ssize_t)sizeof(id_prefix))
        id_prefix = (uint64_t)clock_us();
}

static void make_id(char *id, size_t size)
{
    static _Atomic uint64_t counter;

    pthread_once(&id_prefix_once, choose_id_prefix);
    snprintf(id, size, "%016llx-%08llx", (unsigned long long)id_prefix,
             (unsigned long long)atomic_fetch_add(&counter, 1));
}

static const struct client *connection_client(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static int connection_fd(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info != NULL ? info->connect_fd : -1;
}

struct http_request *request_new(struct http_server *server, struct MHD_Connection *connection,
                                 const char *target)
{
    const struct client *client = connection_client(connection);
    struct http_request *request;

    if (client == NULL)
        return NULL;
    request = calloc(1, sizeof(*request));
    if (request == NULL)
        return NULL;
    request->target = strdup(target);
    if (request->target == NULL) {
        free(request);
        return NULL;
    }
    request->target_place = target;
    request->server = server;
    request->connection = connection;
    request->client = client;
    request->watch = client->watch;
    request->fd = connection_fd(connection);
    request->started_us = clock_us();
    request->framing.content_length = -1;
    make_id(request->id, sizeof(request->id));
    return request;
}

void request_free(struct http_request *request)
{
    request_drop_body(request);
    free(request->answer.body);
    free(request->target);
    free(request->path);
    free(request);
}

/* Where a field's value ends: white space behind it is no part of it (RFC 9110, 5.5), but the
 * library leaves it there. */
static size_t value_length(const char *value)
{
    size_t length = strlen(value);

    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    return length;
}

static bool is_sane_id(const char *text, size_t length)
{
    size_t sane = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789._-");

    return length > 0 && length <= HTTP_REQUEST_ID_MAX && sane == length;
}

void request_identify(struct http_request *request)
{
    const char *theirs = http_request_header(request, "X-Request-Id");
    size_t length = theirs != NULL ? value_length(theirs) : 0;

    if (theirs != NULL && is_sane_id(theirs, length))
        snprintf(request->id, sizeof(request->id), "%.*s", (int)length, theirs);
}

bool request_account(struct http_request *request, size_t size)
{
    struct http_server *server = request->server;
    size_t more;

    if (size <= request->accounted)
        return true;
    more = size - request->accounted + ACCOUNT_STEP_BYTES - 1;
    more -= more % ACCOUNT_STEP_BYTES;
    if (atomic_fetch_add(&server->inflight_bytes, more) + more >
            server->options.max_inflight_bytes &&
        !(request->route->flags & HTTP_ROUTE_ALWAYS)) {
        atomic_fetch_sub(&server->inflight_bytes, more);
        return false;
    }
    request->accounted += more;
    return true;
}

void request_drop_body(struct http_request *request)
{
    buffer_clear(&request->body);
    atomic_fetch_sub(&request->server->inflight_bytes, request->accounted);
    request->accounted = 0;
}

void request_set_deadline(struct http_request *request)
{
    const char *text = http_request_header(request, "X-Deadline-Ms");
    int64_t ours = request->server->options.deadline_ms, theirs;

    if (text == NULL || parse_int64(text, value_length(text), &theirs) != 0 || theirs < 1)
        theirs = ours;
    request->complete_us = clock_us();
    request->deadline_us = deadline_after_ms(deadline_earlier(ours, theirs));
}

const char *http_request_id(const struct http_request *request)
{
    return request->id;
}

const char *http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_path(const struct http_request *request)
{
    return request->path;
}

const struct http_parameter_values *http_request_parameters(const struct http_request *request)
{
    return &request->parameters;
}

struct buffer *http_request_body(struct http_request *request)
{
    return &request->body;
}

int64_t http_request_content_length(const struct http_request *request)
{
    if (request->framing.chunked)
        return -1;
    return request->framing.content_length >= 0 ? request->framing.content_length : 0;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

int http_request_client_fd(const struct http_request *request)
{
    return request->fd;
}

int64_t http_request_deadline_us(const struct http_request *request)
{
    return request->deadline_us;
}
