/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/exchange.h"

/*
 * A request from its first line to its completion. libmicrohttpd calls, always in the connection's
 * thread:
 *
 *     exchange_begin     once the request line is read: makes the request, since the log and errors
 *                        need the target as it was written
 *     exchange_continue  first with the header section: everything that can be refused is refused
 *                        here (receive_headers); then for each piece of the body (receive_body);
 *                        then once more when the body is complete: the handler runs, the answer
 *                        goes out (finish_request)
 *     exchange_complete  always, whatever happened: log, linger, free
 *
 * A refusal need not close the connection: if the body is of a size that we would take and the
 * client is already sending it, it is read and thrown away, and the answer comes at its end. If the
 * client waits for "100 Continue", the body is too large, or its end is not clear, the answer goes
 * out at once and the connection closes. An answer queued on the first call always closes (the
 * library sees to it); one queued on the last call does not.
 *
 * The library takes no answer in the middle of a body. What has to be said there (413 of a chunked
 * body, 408 by the watchdog, what would be the library's own answers) is written to the socket
 * directly, and the library is made to hang up.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/status.h"
#include "http/access_log.h"
#include "http/form.h"
#include "http/logger.h"
#include "http/permission.h"
#include "http/problem.h"
#include "http/reply.h"
#include "http/request_internal.h"
#include "http/routing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Only after PHASE_HEADERS: until then the watchdog may need the present id. */
static void identify(struct http_request *request)
{
    request_identify(request);
    permission_find_origin(request);
}

/* Writes the problem for request->status to the socket, in the middle of a request, under `code`
 * (0: the status's own). The library has to hang up then. */
static void write_problem(struct http_request *request, unsigned code)
{
    struct http_server *server = request->server;

    if (request->stage != STAGE_HEADERS && request->stage != STAGE_BODY)
        return;
    if (timeouts_enter(server->timeouts, request->watch, PHASE_HANDLER, NULL)) {
        if (request->stage == STAGE_HEADERS)
            identify(request);
        request->code = code != 0 ? code : http_problem_code(request->status);
        request_observe(request, request->code, request->status);
        request->sent_bytes =
            reply_write_problem(request, request->status, request->code, request->answer.detail);
        request->linger = true;
    }
    request->stage = STAGE_HUNG_UP;
}

static const struct refusal {
    unsigned code;
    int status;
    const char *detail;
} refusals[] = {
    {400, STATUS_BAD_REQUEST, "the header section or the framing of the body is malformed"},
    {413, STATUS_BODY_TOO_LARGE, "the length of the body is beyond every limit"},
    {414, STATUS_BAD_REQUEST, "the request target is too long"},
    {431, STATUS_BAD_REQUEST, "the header section is too long"},
};

/* Called when the library is about to answer by itself: answers with a problem like any other and
 * shuts down the sending half of the socket, so that the library's own attempt fails. The library
 * closes the connection, as it was going to. */
static bool answer_first(void *argument, unsigned code)
{
    struct http_request *request = argument;
    const struct refusal *refusal = &refusals[0];

    if (request->stage >= STAGE_ANSWERED)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        if (refusals[i].code == code)
            refusal = &refusals[i];
    }
    request->status = http_answer_detail(&request->answer, refusal->status, "%s", refusal->detail);
    write_problem(request, refusal->code);
    shutdown(request->fd, SHUT_WR);
    return true;
}

void *exchange_begin(void *argument, const char *target, struct MHD_Connection *connection)
{
    struct http_server *server = argument;
    struct http_request *request = request_new(server, connection, target);
    char *query = (char *)(uintptr_t)strchr(target, '?');

    /* The library is about to parse the query into a list of its own. A query of 1,000 names does
     * not fit there, and the library hangs up without a word. We parse our copy, so leave it an
     * empty one; the buffer is the library's, and the version that we know cuts it up next. */
    if (query != NULL && framing_layout_is_known())
        query[1] = '\0';
    atomic_fetch_add(&server->requests, 1);
    logger_watch(answer_first, request);
    if (request != NULL) {
        log_set_request(&request->log_ids);
        timeouts_enter(server->timeouts, request->watch, PHASE_HEADERS, request);
    }
    return request;
}

static bool has_body(const struct http_request *request)
{
    return request->framing.chunked || request->framing.content_length > 0;
}

/* Whether a refused request must be answered before its body is read. */
static bool answer_at_once(const struct http_request *request)
{
    uint64_t limit = request->options->max_body_bytes;

    if (request->status == 0 || !has_body(request))
        return false;
    return request->framing.expects_continue || request->framing.content_length > (int64_t)limit;
}

static enum MHD_Result answer_and_close(struct http_request *request)
{
    request->close = true;
    request->linger = true;
    return reply_send(request);
}

/* Makes room for a body of `size` bytes so far. Once the body is counted, this allocates all that
 * it may need: untouched memory costs nothing, and a growing buffer would hold the bytes twice. */
static int make_body_room(struct http_request *request, size_t size)
{
    int64_t announced = request->framing.content_length;
    size_t room = announced > 0 ? (size_t)announced : request->options->max_body_bytes;
    int status = request_reserve_body(request, size);

    if (status != 0)
        return status;
    if (request->body_reserved == 0 && room > REQUEST_SMALL_BYTES)
        room = REQUEST_SMALL_BYTES;
    return buffer_reserve(&request->body, room);
}

static enum MHD_Result receive_headers(struct http_request *request, const char *method,
                                       const char *version)
{
    struct http_server *server = request->server;
    struct request_line line = {method, version, request->target_place, strlen(request->target)};

    request->stage = STAGE_BODY;
    if (!timeouts_enter(server->timeouts, request->watch, PHASE_HANDLER, NULL))
        return MHD_NO;
    snprintf(request->method, sizeof(request->method), "%s", method);
    identify(request);
    if (!framing_is_token(method, strlen(method)))
        request->status =
            http_answer_detail(&request->answer, STATUS_BAD_REQUEST, "the method is not a token");
    else
        request->status = framing_check(request->library, &line, &request->framing);
    if (request->status != 0) {
        if (request->framing.detail != NULL)
            http_answer_detail(&request->answer, request->status, "%s", request->framing.detail);
        return answer_and_close(request);
    }
    request_identify_client(request);
    request->status = routing_check(request);
    if (answer_at_once(request))
        return answer_and_close(request);
    return timeouts_enter(server->timeouts, request->watch, PHASE_BODY, request) ? MHD_YES : MHD_NO;
}

/* The rest of the body is read and thrown away, and `status` answered at its end. */
static void discard_from_now_on(struct http_request *request, int status)
{
    request->status = status;
    request_drop_body(request);
}

static int peek(struct http_request *request, const void *bytes, size_t size)
{
    const struct http_route *route = request->route;

    request->peeked = true;
    if (route->peek == NULL)
        return 0;
    return route->peek(request, bytes, size < HTTP_PEEK_BYTES ? size : HTTP_PEEK_BYTES,
                       request->options->context, &request->answer);
}

/* Judges the body by its first bytes: what is wrong with it, then whether there is room for it. */
static int judge_beginning(struct http_request *request, const void *bytes, size_t size)
{
    int status = peek(request, bytes, size);

    if (status == 0)
        status = routing_find_memory(request);
    if (status == 0)
        status = routing_admit(request, bytes, size);
    return status;
}

static int append(struct http_request *request, const char *data, size_t size)
{
    int status = make_body_room(request, request->body.size + size);

    if (status != 0)
        return status;
    return buffer_append(&request->body, data, size, request->options->max_body_bytes);
}

/* The bytes of the content so far. */
static const uint8_t *content(const struct http_request *request)
{
    return request->body.data + request->content_at;
}

/* The first piece is judged before it is stored: refusing must cost next to nothing. One that is
 * too short for that, and a form, waits for the next ones. */
static int store(struct http_request *request, const char *data, size_t size)
{
    const size_t before = request->content_size;
    int status = 0;

    if (!request->peeked && request->body.size == 0 && size >= HTTP_PEEK_BYTES &&
        request->form == FORM_NONE)
        status = judge_beginning(request, data, size);
    if (status == 0)
        status = append(request, data, size);
    if (status == 0)
        status = form_follow(request);
    if (status == 0 && !request->peeked && request->content_size >= HTTP_PEEK_BYTES)
        status = judge_beginning(request, content(request), request->content_size);
    else if (status == 0 && before < HTTP_ADMIT_BYTES && request->content_size >= HTTP_ADMIT_BYTES)
        status = routing_admit(request, content(request), request->content_size);
    return status;
}

static enum MHD_Result receive_body(struct http_request *request, const char *data, size_t *size)
{
    const struct http_server_options *options = request->options;
    int status;

    if (timeouts_hung_up(request->watch))
        return MHD_NO;
    request->received += *size;
    if (request->received > options->max_body_bytes) { /* chunked: else it is known beforehand */
        if (request->status == 0)
            request->status = routing_refuse_size(request);
        write_problem(request, 0);
        return MHD_NO;
    }
    if (request->status == 0 && request->route != NULL && request->route->method == HTTP_POST) {
        status = store(request, data, *size);
        if (status != 0)
            discard_from_now_on(request, status);
    }
    *size = 0;
    return MHD_YES;
}

static int handle(struct http_request *request)
{
    const struct http_route *route = request->route;
    int status = 0;

    if (request->no_content)
        return 0;
    if (route->method == HTTP_POST && request->body.size == 0)
        return STATUS_EMPTY_BODY;
    if (route->method == HTTP_POST)
        status = form_finish(request);
    if (status == 0 && route->method == HTTP_POST && !request->peeked)
        status = peek(request, content(request), request->content_size);
    if (status == 0)
        status = route->handle(request, request->options->context, &request->answer);
    return status;
}

static enum MHD_Result finish_request(struct http_request *request)
{
    struct http_server *server = request->server;
    char target[ACCESS_TARGET_BYTES];

    if (!timeouts_enter(server->timeouts, request->watch, PHASE_HANDLER, NULL))
        return MHD_NO;
    request_set_deadline(request);
    if (request->status == 0)
        request->status = handle(request);
    request_end_body(request);
    if (request->status < 0) {
        access_log_target(request, target);
        log_line(request->status == -ENOMEM ? LOG_WARNING : LOG_ERROR, "%s %s: %s", request->method,
                 target, strerrordesc_np(-request->status));
    }
    if (request->status == STATUS_CLIENT_GONE) {
        request->stage = STAGE_HUNG_UP;
        return MHD_NO;
    }
    return reply_send(request);
}

enum MHD_Result exchange_continue(void *argument, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *data, size_t *size, void **context)
{
    struct http_request *request = *context;

    (void)argument;
    (void)connection;
    (void)url;
    if (request == NULL)
        return MHD_NO; /* there was no memory for it */
    if (request->stage == STAGE_HEADERS)
        return receive_headers(request, method, version);
    if (request->stage != STAGE_BODY)
        return MHD_NO;
    if (*size > 0)
        return receive_body(request, data, size);
    return finish_request(request);
}

/* Runs in the watchdog's thread, while the connection's may be reading one more piece, so it
 * touches nothing that the other thread does. The one that leaves the phase first answers. */
void exchange_expired(void *argument, enum lateness lateness)
{
    struct http_request *request = argument;
    const struct http_server_options *options = request->options;
    bool body = lateness != LATE_HEADERS;
    char detail[HTTP_DETAIL_BYTES];

    if (lateness == SLOW_BODY)
        snprintf(detail, sizeof(detail), "the body came at less than %lld bytes a second",
                 (long long)options->min_bytes_per_s);
    else
        snprintf(detail, sizeof(detail), "the %s was not complete after %lld ms",
                 body ? "body" : "header section",
                 (long long)(body ? options->body_timeout_ms : options->idle_timeout_ms));
    request->late_status = body ? STATUS_BODY_TIMEOUT : STATUS_BAD_REQUEST;
    request_observe(request, 408, request->late_status);
    request->late_bytes = reply_write_problem(request, request->late_status, 408, detail);
    request->late_code = 408;
}

/* The client may have gone in the middle of a phase, so the phase is left first: from then on the
 * watchdog does not touch the request. This is the connection's thread, so it may wait for the
 * client. */
static void complete(struct http_request *request)
{
    struct timeouts *timeouts = request->server->timeouts;
    struct watch *watch = request->watch;

    if (!timeouts_enter(timeouts, watch, PHASE_HANDLER, NULL)) {
        request->code = request->late_code != 0 ? request->late_code : request->code;
        request->sent_bytes += request->late_bytes;
        request->linger = request->linger || request->late_code != 0;
    }
    if (request->code == 0)
        request->status = STATUS_CLIENT_GONE;
    request_observe(request,
                    request->code != 0 ? request->code : http_problem_code(request->status),
                    request->late_code != 0 ? request->late_status : request->status);
    if (request->linger)
        reply_linger(request->fd);
    access_log_write(request);
    log_set_request(NULL);
    logger_watch(NULL, NULL);
    request_free(request);
    timeouts_enter(timeouts, watch, PHASE_IDLE, NULL);
}

void exchange_complete(void *argument, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode reason)
{
    struct http_server *server = argument;
    struct http_request *request = *context;

    (void)connection;
    (void)reason;
    *context = NULL;
    if (request != NULL)
        complete(request);
    atomic_fetch_sub(&server->requests, 1);
}
