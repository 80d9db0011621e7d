/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/reply.h"

/*
 * The one place that answers. Handlers return a status and fill a struct; how that becomes HTTP,
 * header fields included, is here.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/status.h"
#include "http/problem.h"
#include "http/request_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { RETRY_AFTER_S = 1, LINGER_BYTES = 64 * 1024 * 1024, DISCARD_BYTES = 1024 * 1024 };

#define EXPOSED_FIELDS  "Image-Width, Image-Height, Server-Timing, X-Request-Id, Retry-After"
#define PREFLIGHT_AGE_S "600"

/* Clients of another server's API read the detail under its name. Only a header section that cannot
 * be read has no path. */
static bool has_message(const struct http_request *request)
{
    const struct http_server_options *options = &request->server->options;

    for (size_t i = 0; i < options->route_count && request->route_path != NULL; i++) {
        const struct http_route *route = &options->routes[i];

        if (route->path == request->route_path &&
            (route->read_query != NULL || (route->flags & HTTP_ROUTE_FIELD) != 0))
            return true;
    }
    return false;
}

/* Replaces what the handler left with the problem document. 0 or -ENOMEM. */
static int make_problem(struct http_request *request)
{
    struct http_answer *answer = &request->answer;

    free(answer->body);
    answer->body = (uint8_t *)http_problem_json(request->status, http_problem_code(request->status),
                                                answer->detail, request->id, has_message(request),
                                                &answer->body_size);
    if (answer->body == NULL)
        return -ENOMEM;
    answer->content_type = HTTP_PROBLEM_MEDIA_TYPE;
    answer->http_status = http_problem_code(request->status);
    return 0;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    /* Fails only without memory, or if a value of ours is not a field value: an answer that lacks a
     * field is better than none. */
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_warning("cannot set the header field %s", name);
}

static void add_server_timing(struct MHD_Response *response, const struct http_request *request)
{
    const long long queue = request->answer.queue_us, work = request->answer.work_us;
    const long long total = clock_us() - request->complete_us;
    const char *path = request->answer.path;
    char value[192];

    snprintf(value, sizeof(value),
             "queue;dur=%lld.%03lld, work;dur=%lld.%03lld%s%s%s, total;dur=%lld.%03lld",
             queue / 1000, queue % 1000, work / 1000, work % 1000, path != NULL ? ";desc=\"" : "",
             path != NULL ? path : "", path != NULL ? "\"" : "", total / 1000, total % 1000);
    add_header(response, "Server-Timing", value);
}

static void add_number(struct MHD_Response *response, const char *name, unsigned number)
{
    char value[16];

    snprintf(value, sizeof(value), "%u", number);
    add_header(response, name, value);
}

/* What a POST that succeeded has: images may be private, so no cache keeps them. */
static void add_result_fields(struct MHD_Response *response, const struct http_request *request)
{
    const struct http_answer *answer = &request->answer;

    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add_server_timing(response, request);
    if (answer->image_width > 0) {
        add_number(response, "Image-Width", answer->image_width);
        add_number(response, "Image-Height", answer->image_height);
    }
}

/* On errors too: the next request of that URL may ask for another format. */
static bool asks_by_accept(const struct http_request *request)
{
    return request->answer.varies || http_parameters_vary(&request->table, &request->parameters);
}

/* RFC 6750, 3. */
static const char *challenge(const struct http_request *request)
{
    return request->bad_token ? "Bearer realm=\"grisaille\", error=\"invalid_token\""
                              : "Bearer realm=\"grisaille\"";
}

/* What the page that sent the request may see of the answer; of a foreign one, nothing. */
static void add_cross_origin_fields(struct MHD_Response *response,
                                    const struct http_request *request)
{
    if (request->cors_origin == NULL) {
        add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
        return;
    }
    add_header(response, "Access-Control-Allow-Origin", request->cors_origin);
    add_header(response, "Access-Control-Expose-Headers", EXPOSED_FIELDS);
    if (request->preflight) {
        add_header(response, "Access-Control-Allow-Methods", "POST, PUT");
        add_header(response, "Access-Control-Allow-Headers",
                   "Authorization, API-Key, Content-Type");
        add_header(response, "Access-Control-Max-Age", PREFLIGHT_AGE_S);
    }
}

/* Also of an answer without an origin: a cache must not give it to one. */
static const char *vary(const struct http_request *request)
{
    const bool origin = request->options->cors_origins != NULL;

    if (asks_by_accept(request))
        return origin ? "Accept, Origin" : "Accept";
    return origin ? "Origin" : NULL;
}

static void add_fields(struct MHD_Response *response, const struct http_request *request,
                       unsigned code)
{
    const struct http_answer *answer = &request->answer;

    add_header(response, "X-Request-Id", request->id);
    if (answer->content_type != NULL && code != MHD_HTTP_NO_CONTENT) {
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
        add_header(response, "X-Content-Type-Options", "nosniff");
    }
    if (request->allow[0] != '\0')
        add_header(response, MHD_HTTP_HEADER_ALLOW, request->allow);
    if (code == MHD_HTTP_OK && request->route != NULL && request->route->method == HTTP_POST)
        add_result_fields(response, request);
    if (answer->retry_after_s > 0 || code == MHD_HTTP_SERVICE_UNAVAILABLE)
        add_number(response, MHD_HTTP_HEADER_RETRY_AFTER,
                   answer->retry_after_s > 0 ? answer->retry_after_s : RETRY_AFTER_S);
    if (code == MHD_HTTP_UNAUTHORIZED)
        add_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, challenge(request));
    if (answer->policy != NULL && code == MHD_HTTP_OK)
        add_header(response, "Content-Security-Policy", answer->policy);
    if (vary(request) != NULL)
        add_header(response, MHD_HTTP_HEADER_VARY, vary(request));
    add_cross_origin_fields(response, request);
    if (request->close)
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The response owns the body from now on, and frees it after sending. */
static struct MHD_Response *make_response(struct http_answer *answer)
{
    static char nothing[] = "";
    struct MHD_Response *response;

    if (answer->body == NULL)
        return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    response =
        MHD_create_response_from_buffer(answer->body_size, answer->body, MHD_RESPMEM_MUST_FREE);
    if (response != NULL)
        answer->body = NULL;
    return response;
}

enum MHD_Result reply_send(struct http_request *request)
{
    struct MHD_Response *response;
    enum MHD_Result result;
    unsigned code;

    request->stage = STAGE_ANSWERED;
    if (request->status != 0 && make_problem(request) != 0)
        return MHD_NO;
    code = request->answer.http_status != 0 ? request->answer.http_status : MHD_HTTP_OK;
    if (request->no_content && request->status == 0)
        code = MHD_HTTP_NO_CONTENT;
    response = make_response(&request->answer);
    if (response == NULL)
        return MHD_NO;
    request->close = request->close || atomic_load(&request->server->draining);
    add_fields(response, request, code);
    request->code = code;
    request->sent_bytes = strcmp(request->method, "HEAD") == 0 ? 0 : request->answer.body_size;
    if (!timeouts_enter(request->server->timeouts, request->watch, PHASE_REPLY, NULL)) {
        MHD_destroy_response(response);
        return MHD_NO;
    }
    request_observe(request, code,
                    request->status != 0 ? request->status : request->answer.problem);
    result = MHD_queue_response(request->library, code, response);
    MHD_destroy_response(response);
    return result;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", in every locale. */
static void format_date(char *text, size_t size)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    snprintf(text, size, "%s, %02d %s %d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
             months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static void print_cross_origin_fields(const struct http_request *request, char *text, size_t size)
{
    if (request->cors_origin != NULL)
        snprintf(text, size,
                 "Vary: Origin\r\nAccess-Control-Allow-Origin: %s\r\n"
                 "Access-Control-Expose-Headers: " EXPOSED_FIELDS "\r\n",
                 request->cors_origin);
    else
        snprintf(text, size, "%sCross-Origin-Resource-Policy: same-origin\r\n",
                 request->options->cors_origins != NULL ? "Vary: Origin\r\n" : "");
}

size_t reply_write_problem(const struct http_request *request, int status, unsigned code,
                           const char *detail)
{
    _cleanup_free_ char *json = NULL, *text = NULL;
    size_t size;
    char date[64], origin[512];
    int length;

    json = http_problem_json(status, code, detail, request->id, has_message(request), &size);
    if (json == NULL)
        return 0;
    format_date(date, sizeof(date));
    print_cross_origin_fields(request, origin, sizeof(origin));
    length =
        asprintf(&text,
                 "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\n"
                 "Content-Type: " HTTP_PROBLEM_MEDIA_TYPE "\r\nContent-Length: %zu\r\n"
                 "X-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\n%s%s\r\n%s",
                 code, MHD_get_reason_phrase_for(code), date, size, request->id,
                 code == MHD_HTTP_SERVICE_UNAVAILABLE ? "Retry-After: 1\r\n" : "", origin, json);
    if (length < 0) {
        text = NULL;
        return 0;
    }
    /* At most "100 Continue" was written before: it fits into the socket's buffer. */
    if (send(request->fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) != length)
        return 0;
    return size;
}

void reply_linger(int fd)
{
    int64_t deadline = deadline_after_ms(LINGER_MS);
    struct pollfd client = {.fd = fd, .events = POLLIN};
    size_t discarded = 0;
    ssize_t bytes;

    shutdown(fd, SHUT_WR);
    while (discarded < LINGER_BYTES && poll(&client, 1, deadline_left_ms(deadline)) > 0) {
        /* cppcheck-suppress nullPointer */
        bytes = recv(fd, NULL, DISCARD_BYTES, MSG_TRUNC | MSG_DONTWAIT); /* copies nothing */
        if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR))
            break;
        discarded += bytes > 0 ? (size_t)bytes : 0;
    }
}
