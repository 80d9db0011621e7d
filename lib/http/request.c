/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/request.h"

/*
 * A request's memory, and what a handler may ask of it. It is made when its request line is read
 * and freed when the library reports its completion, which always happens.
 *
 * Bytes in flight are counted twice, for the server and for the client's account, before they are
 * allocated. The body's are released when the body is freed after the handler; those that the
 * handler reserved, and those of a body that it took, when the request is freed, after the answer
 * was sent.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/parse.h"
#include "base/status.h"
#include "http/admission.h"
#include "http/listen.h"
#include "http/request_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

/* A body of unknown length is counted in steps, so that its pieces rarely touch the counters that
 * all threads share. */
enum { RESERVE_STEP_BYTES = 256 * 1024 };

static uint64_t id_prefix;
static pthread_once_t id_prefix_once = PTHREAD_ONCE_INIT;

static void choose_id_prefix(void)
{
    if (getrandom(&id_prefix, sizeof(id_prefix), 0) != (ssize_t)sizeof(id_prefix))
        id_prefix = (uint64_t)clock_us();
}

static void make_request_id(char *id, size_t size)
{
    static _Atomic uint64_t counter;

    pthread_once(&id_prefix_once, choose_id_prefix);
    snprintf(id, size, "%016llx-%08llx", (unsigned long long)id_prefix,
             (unsigned long long)atomic_fetch_add(&counter, 1));
}

static struct connection *own_connection(struct MHD_Connection *connection)
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

/* A connection that has lived through a reload has the timeout of before. */
static void set_backstop(struct http_request *request)
{
    const unsigned backstop_s = terms_backstop_s(request->options);

    if (request->connection->backstop_s == backstop_s)
        return;
    request->connection->backstop_s = backstop_s;
    MHD_set_connection_option(request->library, MHD_CONNECTION_OPTION_TIMEOUT, backstop_s);
}

struct http_request *request_new(struct http_server *server, struct MHD_Connection *library,
                                 const char *target)
{
    struct connection *connection = own_connection(library);
    struct http_request *request;

    if (connection == NULL)
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
    request->terms = terms_hold(&server->terms);
    request->options = &request->terms->options;
    request->library = library;
    request->connection = connection;
    request->watch = connection->watch;
    request->name = connection->name;
    request->fd = connection_fd(library);
    request->started_us = clock_us();
    request->framing.content_length = -1;
    make_request_id(request->id, sizeof(request->id));
    trace_begin(&request->trace);
    set_backstop(request);
    request->log_ids =
        (struct log_request){request->id, request->trace.trace_id, request->trace.span_id};
    return request;
}

/* Adds to `counter` unless it would exceed `limit`; whether it did. */
static bool count(atomic_size_t *counter, size_t bytes, size_t limit)
{
    size_t before = atomic_load(counter);

    do {
        if (bytes > limit || before > limit - bytes)
            return false;
    } while (!atomic_compare_exchange_weak(counter, &before, before + bytes));
    return true;
}

static bool reserve_bytes(struct http_request *request, size_t bytes)
{
    const struct http_server_options *options = request->options;
    bool always = request->route != NULL && (request->route->flags & HTTP_ROUTE_ALWAYS);
    size_t all = always ? SIZE_MAX : options->max_inflight_bytes;
    size_t share = always ? SIZE_MAX : options->max_client_bytes;

    if (!count(&request->account->inflight_bytes, bytes, share)) {
        http_answer_detail(&request->answer, STATUS_OVERLOADED,
                           "too many bytes in flight of this client");
        return false;
    }
    if (!count(&request->server->inflight_bytes, bytes, all)) {
        atomic_fetch_sub(&request->account->inflight_bytes, bytes);
        http_answer_detail(&request->answer, STATUS_OVERLOADED, "too many bytes in flight");
        return false;
    }
    return true;
}

static void release_bytes(struct http_request *request, size_t bytes)
{
    if (bytes == 0)
        return;
    atomic_fetch_sub(&request->account->inflight_bytes, bytes);
    atomic_fetch_sub(&request->server->inflight_bytes, bytes);
}

void request_free(struct http_request *request)
{
    request_drop_body(request);
    release_bytes(request, request->reserved);
    admission_end_request(request);
    terms_let_go(request->terms);
    free(request->answer.body);
    free(request->target);
    free(request->path);
    free(request->file_name);
    free(request->tracestate);
    free(request);
}

size_t request_value_length(const char *value)
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

    return length > 0 && length <= REQUEST_ID_MAX && sane == length;
}

static enum MHD_Result collect_field(void *argument, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    struct request_fields *fields = argument;
    const struct {
        const char *name;
        const char **value;
    } rows[] = {
        {"API-Key", &fields->api_key},         {"Authorization", &fields->authorization},
        {"Origin", &fields->origin},           {"Sec-Fetch-Site", &fields->fetch_site},
        {"traceparent", &fields->traceparent}, {"X-Request-Id", &fields->id},
    };

    (void)kind;
    if (value == NULL || strchr("aostx", name[0] | 0x20) == NULL)
        return MHD_YES; /* most fields; the loop would compare all of them */
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (strcasecmp(name, rows[i].name) == 0 && *rows[i].value == NULL)
            *rows[i].value = value;
    }
    fields->traceparents += strcasecmp(name, "traceparent") == 0;
    fields->tracestate = fields->tracestate || strcasecmp(name, "tracestate") == 0;
    fields->asks_method =
        fields->asks_method || strcasecmp(name, "Access-Control-Request-Method") == 0;
    return MHD_YES;
}

/* A tracestate means nothing without the trace that it belongs to. Without memory it is dropped. */
static void take_tracestate(struct http_request *request)
{
    if (http_request_list(request, "tracestate", &request->tracestate) == 0 &&
        request->tracestate != NULL && trace_state_is_valid(request->tracestate))
        return;
    free(request->tracestate);
    request->tracestate = NULL;
}

void request_identify(struct http_request *request)
{
    struct request_fields *fields = &request->fields;
    size_t length;

    MHD_get_connection_values(request->library, MHD_HEADER_KIND, collect_field, fields);
    length = fields->id != NULL ? request_value_length(fields->id) : 0;
    if (fields->id != NULL && is_sane_id(fields->id, length)) {
        memcpy(request->id, fields->id, length);
        request->id[length] = '\0';
    }
    if (fields->traceparents == 1 &&
        trace_continue(&request->trace, fields->traceparent,
                       request_value_length(fields->traceparent)) &&
        fields->tracestate)
        take_tracestate(request);
}

static enum MHD_Result read_forwarded(void *argument, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct http_request *request = argument;

    (void)kind;
    if (value != NULL && strcasecmp(name, "X-Forwarded-For") == 0)
        clients_read_forwarded(request->server->clients, value, &request->name);
    return MHD_YES;
}

void request_identify_client(struct http_request *request)
{
    struct connection *connection = request->connection;

    if (connection->trusted) {
        request->name = (struct client_name){0};
        MHD_get_connection_values(request->library, MHD_HEADER_KIND, read_forwarded, request);
        if (!request->name.known)
            request->name = connection->name;
    }
    admission_begin_request(request);
}

/* A body of unknown length touches its memory step by step, and is counted that way. */
static size_t size_to_reserve(const struct http_request *request, size_t size)
{
    size_t most = request->options->max_body_bytes;

    if (!request->framing.chunked)
        return size;
    size = (size + RESERVE_STEP_BYTES - 1) / RESERVE_STEP_BYTES * RESERVE_STEP_BYTES;
    return size < most ? size : most;
}

int request_reserve_body(struct http_request *request, size_t size)
{
    size_t more;

    if (size <= REQUEST_SMALL_BYTES || size <= request->body_reserved)
        return 0;
    more = size_to_reserve(request, size) - request->body_reserved;
    if (!reserve_bytes(request, more))
        return STATUS_OVERLOADED;
    request->body_reserved += more;
    return 0;
}

void request_drop_body(struct http_request *request)
{
    buffer_clear(&request->body);
    release_bytes(request, request->body_reserved);
    request->body_reserved = 0;
}

void request_end_body(struct http_request *request)
{
    if (request->body.data == NULL) {
        request->reserved += request->body_reserved;
        request->body_reserved = 0;
    }
    request_drop_body(request);
}

bool http_request_reserve(struct http_request *request, size_t bytes)
{
    if (!reserve_bytes(request, bytes))
        return false;
    request->reserved += bytes;
    return true;
}

uint64_t http_request_client(const struct http_request *request)
{
    return request->account->id;
}

const char *http_request_client_text(struct http_request *request)
{
    if (!request->name.known)
        return "unknown";
    address_print(&request->name.address, request->name_text);
    return request->name_text;
}

void request_set_deadline(struct http_request *request)
{
    const char *text = http_request_header(request, "X-Deadline-Ms");
    int64_t ours = request->options->deadline_ms, theirs;

    if (text == NULL || parse_int64(text, request_value_length(text), &theirs) != 0 || theirs < 1)
        theirs = ours;
    request->complete_us = clock_us();
    request->deadline_us = deadline_after_ms(deadline_earlier(ours, theirs));
}

const char *http_request_traceparent(struct http_request *request)
{
    trace_write(&request->trace, request->traceparent);
    return request->traceparent;
}

const char *http_request_tracestate(const struct http_request *request)
{
    return request->tracestate;
}

const char *http_request_id(const struct http_request *request)
{
    return request->id;
}

const struct http_parameter_values *http_request_parameters(const struct http_request *request)
{
    return &request->parameters;
}

struct http_parameter_values http_request_form_parameters(const struct http_request *request)
{
    struct http_parameter_values values = request->parameters;

    values.given &= ~request->given_by_query;
    return values;
}

bool http_request_is_proxied(const struct http_request *request)
{
    return request->connection->trusted;
}

const void *http_request_live(const struct http_request *request)
{
    return request->options->live;
}

const char *http_request_path(const struct http_request *request)
{
    return request->route->path;
}

const char *http_request_path_below(const struct http_request *request)
{
    return request->path + strlen(request->route->path);
}

const char *http_request_query(const struct http_request *request, size_t *length)
{
    *length = request->query != NULL ? request->query_length : 0;
    return request->query;
}

int http_request_choose_file(struct http_request *request, const char *name)
{
    free(request->file_name);
    request->file_name = strdup(name);
    return request->file_name != NULL ? 0 : -ENOMEM;
}

struct http_content http_request_content(const struct http_request *request)
{
    if (request->body.data == NULL)
        return (struct http_content){0};
    return (struct http_content){request->body.data + request->content_at, request->content_size};
}

struct buffer *http_request_body(struct http_request *request)
{
    return &request->body;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->library, MHD_HEADER_KIND, name);
}

/* The lines of a field while they are joined. */
struct joining {
    const char *name;
    struct buffer value;
    int status;
};

static enum MHD_Result join_line(void *argument, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct joining *joining = argument;

    (void)kind;
    if (value == NULL || strcasecmp(name, joining->name) != 0)
        return MHD_YES;
    if (joining->value.size > 0)
        joining->status = buffer_append(&joining->value, ", ", 2, SIZE_MAX);
    if (joining->status == 0)
        joining->status = buffer_append(&joining->value, value, strlen(value), SIZE_MAX);
    return joining->status == 0 ? MHD_YES : MHD_NO;
}

int http_request_list(const struct http_request *request, const char *name, char **value)
{
    struct joining joining = {.name = name};

    *value = NULL;
    MHD_get_connection_values(request->library, MHD_HEADER_KIND, join_line, &joining);
    if (joining.status == 0 && joining.value.data != NULL)
        joining.status = buffer_append(&joining.value, "", 1, SIZE_MAX);
    if (joining.status == 0)
        *value = (char *)joining.value.data;
    else
        buffer_clear(&joining.value);
    return joining.status;
}

int http_request_client_fd(const struct http_request *request)
{
    return request->fd;
}

uint16_t http_request_port(const struct http_request *request)
{
    return listen_port(request->fd);
}

int64_t http_request_deadline_us(const struct http_request *request)
{
    return request->deadline_us;
}

/* The last route of the request's path; -1: none. */
static int find_path_route(const struct http_request *request)
{
    const struct http_server_options *options = &request->server->options;
    int route = (int)options->route_count - 1;

    while (route >= 0 && options->routes[route].path != request->route_path)
        route--;
    return route;
}

void request_observe(struct http_request *request, unsigned code, int problem)
{
    const struct http_server_options *options = &request->server->options;
    const struct http_observation observation = {
        .method = request->method,
        .route = find_path_route(request),
        .code = code,
        .problem = problem,
        .duration_us = clock_us() - request->started_us,
    };

    if (options->observe == NULL || request->observed)
        return;
    request->observed = true;
    options->observe(&observation, options->observer);
}
