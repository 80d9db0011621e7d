/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "services/gateway/scale_client.h"

/* Trusts the scale server no more than it must: an answer is an image of the same format, or a
 * problem of a kind that it may send, or invalid. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/status.h"
#include "http/problem.h"
#include "image/plan/path.h"
#include "service/live.h"
#include "service/metrics_sources.h"
#include "service/negotiate.h"
#include "service/parameters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READY_WAIT_MS = 500,
    FORM_BYTES = 1024, /* of all parameters, written as a query */
    QUERY_MAX_BYTES = 48 * 1024,
    PROBLEM_MAX_BYTES = 4096,
    SHORT_MS = 1000, /* with less time than this, the client may be what is wrong */
};

/* Any valid answer is a sign of life. If there is none, the gateway may be out of memory or
 * connections, or the client impatient: these are not the scale server's failures. */
static void note(struct scale_client *client, int status, const struct http_call_result *result,
                 int had_ms)
{
    char why[512];

    if (status == 0) {
        outage_over(&client->outage, clock_us());
        return;
    }
    if (status == STATUS_SCALE_UNAVAILABLE && *result->error != '\0')
        snprintf(why, sizeof(why), "%s: %s", client->upstream, result->error);
    else if (status == STATUS_SCALE_UNAVAILABLE)
        snprintf(why, sizeof(why), "%s: an invalid answer, HTTP %u %s", client->upstream,
                 result->http_status, result->content_type);
    else if (status == STATUS_DEADLINE_EXCEEDED && had_ms >= SHORT_MS)
        snprintf(why, sizeof(why), "%s: no answer in %d ms", client->upstream, had_ms);
    else
        return;
    outage_failed(&client->outage, why, clock_us());
}

bool scale_client_is_ready(struct scale_client *client)
{
    struct http_call call = {
        .target = "/readyz", .deadline_us = deadline_after_ms(READY_WAIT_MS), .client_fd = -1};
    struct http_call_result result;
    int status = http_client_call(client->http, &call, &result);

    note(client, status, &result, READY_WAIT_MS);
    buffer_clear(&result.body);
    return status == 0 && result.http_status == 200;
}

/* A problem about this image or this moment. One about our request (a wrong path, say) would be the
 * gateway's own fault or the doing of another server, and no concern of the client's. */
static bool is_problem(const struct http_call_result *result)
{
    static const unsigned codes[] = {400, 408, 413, 415, 422, 500, 503, 504};

    if (strcmp(result->content_type, HTTP_PROBLEM_MEDIA_TYPE) != 0 ||
        result->body.size > PROBLEM_MAX_BYTES || result->body.size == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        if (codes[i] == result->http_status)
            return true;
    }
    return false;
}

/* Only the name of a path of ours, not whatever another machine writes. */
static const char *known_path(const char *name)
{
    enum image_path path = image_path_find(name, strlen(name));

    return path != IMAGE_PATH_NONE ? image_path_name(path) : NULL;
}

/* The status that a problem document is about; 0: none that we know. */
static int problem_status(const struct buffer *json)
{
    static const char type[] = "\"type\":\"/problems/";
    const char *found = memmem(json->data, json->size, type, strlen(type));
    char name[32] = "";
    int status;

    if (found == NULL)
        return 0;
    found += strlen(type);
    for (size_t i = 0; i + 1 < sizeof(name) && found + i < (const char *)json->data + json->size &&
                       found[i] != '"';
         i++)
        name[i] = found[i];
    status = http_problem_find(name);
    return status > 0 ? status : 0;
}

static void count_image(struct scale_client *client, const struct scale_task *task, size_t bytes,
                        const struct image_header *made, const struct http_call_result *result)
{
    const struct image_header *source = &task->plan->source;
    const struct metrics_image image = {
        .operation = task->operation,
        .format_in = source->format,
        .format_out = made->format,
        .path = image_path_find(result->path, strlen(result->path)),
        .source_bytes = bytes,
        .source_pixels =
            metrics_pixels(source->width, source->height, task->plan->outputs[0].frames),
        .result_bytes = result->body.size,
        .result_pixels = metrics_pixels(made->width, made->height, made->frames),
    };

    metrics_count_image(client->metrics, &image);
}

/* Makes the scale server's answer to a body of `bytes` bytes ours. */
static int take_answer(struct scale_client *client, struct http_call_result *result, size_t bytes,
                       const struct scale_task *task, struct http_answer *answer)
{
    struct image_header made;

    if (is_problem(result)) {
        answer->content_type = HTTP_PROBLEM_MEDIA_TYPE;
        answer->problem = problem_status(&result->body);
    } else if (result->http_status == 200 &&
               images_measure(result->body.data, result->body.size, task->formats, &made, answer)) {
        count_image(client, task, bytes, &made, result);
    } else {
        return http_answer_detail(answer, STATUS_SCALE_UNAVAILABLE,
                                  "the scale server's answer is invalid");
    }
    answer->http_status = result->http_status;
    answer->retry_after_s = result->retry_after_s;
    answer->path = known_path(result->path);
    answer->body = result->body.data;
    answer->body_size = result->body.size;
    result->body = (struct buffer){0};
    return 0;
}

static int explain_call_status(int status, struct http_answer *answer)
{
    if (status == STATUS_SCALE_UNAVAILABLE)
        return http_answer_detail(answer, status, "the scale server does not answer");
    if (status == STATUS_DEADLINE_EXCEEDED)
        return http_answer_detail(answer, status, "the scale server took longer than it may");
    if (status == STATUS_OVERLOADED && answer->detail[0] == '\0')
        return http_answer_detail(answer, status, "all connections to the scale server are busy");
    return status;
}

static void count_call(struct scale_client *client, int status, int64_t us,
                       const struct http_answer *answer)
{
    enum metric_outcome outcome = METRIC_OUTCOME_ERROR;

    if (status == 0 && answer->image_width > 0)
        outcome = METRIC_OUTCOME_IMAGE;
    else if (status == 0)
        outcome = METRIC_OUTCOME_PROBLEM;
    else if (status == STATUS_SCALE_UNAVAILABLE)
        outcome = METRIC_OUTCOME_UNAVAILABLE;
    else if (status == STATUS_DEADLINE_EXCEEDED)
        outcome = METRIC_OUTCOME_DEADLINE;
    else if (status == STATUS_OVERLOADED)
        outcome = METRIC_OUTCOME_OVERLOADED;
    else if (status == STATUS_CLIENT_GONE)
        outcome = METRIC_OUTCOME_CLIENT_GONE;
    metrics_count_upstream(client->metrics, outcome, us);
}

static bool reserve(void *request, size_t bytes)
{
    return http_request_reserve(request, bytes);
}

/* The path and the client's own query, as it was written but for `key`; then the parameters that
 * are fields of a form. Presets are the path's. *target is malloc'd. 0; -ENOMEM; or
 * STATUS_BAD_REQUEST: with the fields that are added here the scale server's room for a header
 * section, which is no larger than ours, might not do. */
static int make_target(const struct http_request *request, const char *path, char **target,
                       struct http_answer *answer)
{
    const struct http_parameter_values fields = http_request_form_parameters(request);
    size_t length;
    const char *query = http_request_query(request, &length);
    _cleanup_free_ char *own = http_query_without(query != NULL ? query : "", length, "key");
    char form[FORM_BYTES];

    if (own == NULL || http_query_write(&image_parameters, &fields, form, sizeof(form)) != 0)
        return -ENOMEM;
    if (strlen(own) > QUERY_MAX_BYTES)
        return http_answer_detail(answer, STATUS_BAD_REQUEST,
                                  "the query is too long: at most %d bytes", QUERY_MAX_BYTES);
    if (own[0] != '\0' && form[0] != '\0')
        form[0] = '&'; /* in the place of the question mark */
    if (asprintf(target, "%s%s%s%s", path, own[0] != '\0' ? "?" : "", own, form) < 0) {
        *target = NULL;
        return -ENOMEM;
    }
    return 0;
}

/* `target` and `accept` are for the scale server. */
static int call_target(struct scale_client *client, struct http_request *request,
                       const char *target, const char *accept, const struct scale_task *task,
                       struct http_answer *answer)
{
    const struct http_content content = http_request_content(request);
    struct http_call call = {
        .target = target,
        .body = content.data,
        .body_size = content.size,
        .request_id = http_request_id(request),
        .forwarded_for = http_request_client_text(request),
        .accept = accept,
        .token = request_scale_token(request),
        .traceparent = http_request_traceparent(request),
        .tracestate = http_request_tracestate(request),
        .deadline_us = http_request_deadline_us(request),
        .client_fd = http_request_client_fd(request),
        .reserve = reserve,
        .reserve_context = request,
    };
    struct http_call_result result;
    int status, had_ms = deadline_left_ms(call.deadline_us);
    const int64_t began_us = clock_us();

    status = http_client_call(client->http, &call, &result);
    answer->queue_us = result.queue_us;
    answer->work_us = result.work_us;
    answer->upstream_us = result.total_us;
    answer->attempts = result.attempts;
    if (status == 0)
        status = take_answer(client, &result, content.size, task, answer);
    else
        status = explain_call_status(status, answer);
    note(client, status, &result, had_ms);
    count_call(client, status, clock_us() - began_us, answer);
    buffer_clear(&result.body);
    return status;
}

int scale_client_process(struct scale_client *client, struct http_request *request,
                         const char *path, const struct scale_task *task,
                         struct http_answer *answer)
{
    _cleanup_free_ char *target = NULL;
    char accept[NEGOTIATE_TEXT_BYTES];
    unsigned accepted;
    int status = make_target(request, path, &target, answer);

    if (status == 0)
        status = negotiate_read(request, &accepted);
    if (status != 0)
        return status;
    negotiate_write(accepted, accept);
    return call_target(client, request, target, accept, task, answer);
}

/* The format that was found here by the client's Accept is what the scale server finds by ours. */
int scale_client_forward(struct scale_client *client, struct http_request *request,
                         const struct scale_task *task, struct http_answer *answer)
{
    const enum image_format format = (enum image_format)__builtin_ctz(task->formats);
    _cleanup_free_ char *target = NULL;
    int status = make_target(request, http_request_path(request), &target, answer);

    if (status != 0)
        return status;
    return call_target(client, request, target, image_media_type(format), task, answer);
}
