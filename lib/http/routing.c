/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/routing.h"

/*
 * What a request asks for, and everything that its header section alone decides: the method, the
 * path, the size, the parameters. A fault of the request is reported before a shortage of the
 * server, since trying again would not help. So the load is checked here only if the client waits
 * for "100 Continue"; otherwise the first bytes of the body are judged before.
 */
#include "base/status.h"
#include "http/admission.h"
#include "http/form.h"
#include "http/permission.h"
#include "http/request_internal.h"
#include "http/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_BYTES = 257 }; /* a form's names have 256 at most */

/* IANA's registry: 405 if the path does not take them. Any other token is 501. */
static const char *const known_methods[] = {
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "ORDERPATCH",
    "PROPFIND",
    "PROPPATCH",
    "REBIND",
    "REPORT",
    "SEARCH",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
};

static bool is_known_method(const char *method)
{
    for (size_t i = 0; i < sizeof(known_methods) / sizeof(known_methods[0]); i++) {
        if (strcmp(method, known_methods[i]) == 0)
            return true;
    }
    return false;
}

static int refuse_request(struct http_request *request, int status, const char *detail)
{
    return http_answer_detail(&request->answer, status, "%s", detail != NULL ? detail : "");
}

int routing_refuse_size(struct http_request *request)
{
    return http_answer_detail(&request->answer, STATUS_BODY_TOO_LARGE,
                              "a body has at most %zu bytes", request->options->max_body_bytes);
}

static bool route_is_at(const struct http_route *route, const char *path)
{
    size_t length;

    if ((route->flags & HTTP_ROUTE_BELOW) == 0)
        return strcmp(route->path, path) == 0;
    length = strlen(route->path);
    return strncmp(route->path, path, length) == 0 && path[length] != '\0';
}

static bool route_takes(const struct http_route *route, const char *method)
{
    if (route->method == HTTP_GET)
        return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
}

/* Whatever the method is. */
static void find_path(struct http_request *request)
{
    const struct http_server_options *options = request->options;

    for (size_t i = 0; i < options->route_count && request->path != NULL; i++) {
        if (route_is_at(&options->routes[i], request->path))
            request->route_path = options->routes[i].path;
    }
}

/* Sets Allow from the routes of `path`, or of all paths (NULL); "" if there is no route. */
static void list_methods(struct http_request *request, const char *path)
{
    const struct http_server_options *options = request->options;
    bool get = false, post = false;

    for (size_t i = 0; i < options->route_count; i++) {
        if (path != NULL && !route_is_at(&options->routes[i], path))
            continue;
        get = get || options->routes[i].method == HTTP_GET;
        post = post || options->routes[i].method == HTTP_POST;
    }
    request->takes_images = post && path != NULL;
    if (get || post)
        snprintf(request->allow, sizeof(request->allow), "%s%sOPTIONS", get ? "GET, HEAD, " : "",
                 post ? "POST, PUT, " : "");
}

static int refuse_path(struct http_request *request)
{
    const char *detail = NULL;

    if (strcmp(request->method, "PUT") == 0)
        detail =
            "there is nothing at this path; to a URL without a path curl -T adds the file's name";
    return refuse_request(request, STATUS_NOT_FOUND, detail);
}

/* Chooses the route. OPTIONS has none: its answer is `allow`. */
static int find_route(struct http_request *request, const struct http_target *target)
{
    const struct http_server_options *options = request->options;
    bool asks_options = strcmp(request->method, "OPTIONS") == 0;

    if (target->asterisk && !asks_options)
        return refuse_request(request, STATUS_BAD_REQUEST, "the target * is only for OPTIONS");
    list_methods(request, target->asterisk || target->authority ? NULL : request->path);
    if (request->allow[0] == '\0')
        return refuse_path(request);
    if (asks_options) {
        request->no_content = true;
        return 0;
    }
    for (size_t i = 0; i < options->route_count && request->path != NULL; i++) {
        if (route_is_at(&options->routes[i], request->path) &&
            route_takes(&options->routes[i], request->method)) {
            request->route = &options->routes[i];
            request->takes_images = request->route->method == HTTP_POST;
            request->allow[0] = '\0';
            return 0;
        }
    }
    return http_answer_detail(&request->answer, STATUS_METHOD_NOT_ALLOWED, "this path takes %s",
                              request->allow);
}

static int decode_path(struct http_request *request, const struct http_target *target)
{
    request->path = malloc(target->path_length + 1);
    if (request->path == NULL)
        return -ENOMEM;
    if (http_percent_decode(target->path, target->path_length, request->path,
                            target->path_length + 1) != 0)
        request->path[0] = '\0'; /* malformed, such as "%00": not a path of ours, so 404 */
    return 0;
}

int routing_find_memory(struct http_request *request)
{
    int64_t length = request->framing.content_length;

    return length > 0 ? request_reserve_body(request, (size_t)length) : 0;
}

int routing_admit(struct http_request *request, const void *bytes, size_t size)
{
    const struct http_route *route = request->route;

    if (route->admit == NULL)
        return 0;
    return route->admit(request, bytes, size, request->options->context, &request->answer);
}

/* What is refused for the server's load before any of the body is read. */
static int check_load(struct http_request *request)
{
    const struct framing *framing = &request->framing;
    bool always = request->route->flags & HTTP_ROUTE_ALWAYS;
    bool waits = framing->expects_continue && (framing->chunked || framing->content_length > 0);
    const char *crowd = always ? NULL : admission_refuses(request);
    int status;

    /* A surplus connection is closed; a proxy's is not, since it serves other clients too. */
    if (crowd != NULL) {
        request->close = !request->connection->trusted;
        return refuse_request(request, STATUS_OVERLOADED, crowd);
    }
    if (!waits)
        return 0;
    status = routing_find_memory(request);
    return status != 0 ? status : routing_admit(request, NULL, 0);
}

/* The path is found also of a method that is refused, for the log and metrics. */
static int check_target(struct http_request *request, struct http_target *target)
{
    const bool connect = strcmp(request->method, "CONNECT") == 0;
    int status = http_target_split(request->target, strlen(request->target), connect, target);

    if (status != 0)
        status = refuse_request(request, STATUS_BAD_REQUEST, "the request target is malformed");
    else if (!target->asterisk && !target->authority)
        status = decode_path(request, target);
    find_path(request);
    if (status != -ENOMEM && !is_known_method(request->method))
        return refuse_request(request, STATUS_NOT_IMPLEMENTED, "unknown method");
    return status;
}

/* What the request may ask for, by its route and by the options with which it began. */
static void choose_table(struct http_request *request)
{
    const struct http_route *route = request->route;

    if (route->parameters != NULL)
        request->table = *route->parameters;
    if (route->rows != NULL)
        request->table.rows = route->rows(request->options->live);
}

static int read_query(struct http_request *request, const struct http_target *target)
{
    char field[FIELD_BYTES];
    int status;

    choose_table(request);
    request->query = target->query;
    request->query_length = target->query_length;
    if ((request->route->flags & HTTP_ROUTE_FIELD) &&
        http_query_find(target->query, target->query_length, "field", field, sizeof(field)) &&
        http_request_choose_file(request, field) != 0)
        return -ENOMEM;
    if (request->route->read_query != NULL)
        return request->route->read_query(request, target->query, target->query_length,
                                          request->options->context, &request->answer);
    status = http_query_parse(target->query, target->query_length, &request->table,
                              &request->parameters, request->answer.detail);
    request->given_by_query = request->parameters.given;
    return status;
}

int routing_check(struct http_request *request)
{
    const struct http_server_options *options = request->options;
    struct http_target target;
    int status;

    status = check_target(request, &target);
    if (status == 0)
        status = find_route(request, &target);
    if (status == 0)
        status = permission_check(request, &target);
    if (status != 0 || request->route == NULL)
        return status;
    if (request->framing.content_length > (int64_t)options->max_body_bytes)
        return routing_refuse_size(request);
    status = read_query(request, &target);
    if (status == 0)
        status = form_expect(request);
    if (status != 0)
        return status;
    return check_load(request);
}
