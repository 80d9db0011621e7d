/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "services/gateway/scale_client.h"

/* Trusts the scale server no more than it must: an answer is a picture of the same format, a
 * problem document of a kind that it may send, or nonsense. */
#include "base/deadline.h"
#include "base/status.h"
#include "http/problem.h"
#include "service/images.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    READY_WAIT_MS = 500,
    TARGET_BYTES = 1024,
    PROBLEM_MAX_BYTES = 4096,
    SHORT_MS = 1000, /* a client that gives less time than this may be what is wrong */
};

/* Any answer that makes sense is a sign of life. Without one, it may also be the gateway that has
 * no memory or connection left, or a client that has no patience: those are not its failures. */
static void note(struct scale_client *client, int status, const struct http_call_result *result,
                 int had_ms)
{
    char why[512];

    if (status == 0 || status == RELAYED) {
        outage_over(&client->outage, clock_us());
        return;
    }
    if (status == STATUS_SCALE_UNAVAILABLE && *result->error != '\0')
        snprintf(why, sizeof(why), "%s: %s", client->upstream, result->error);
    else if (status == STATUS_SCALE_UNAVAILABLE)
        snprintf(why, sizeof(why), "%s: an answer that makes no sense, HTTP %u %s",
                 client->upstream, result->http_status, result->content_type);
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

static bool is_picture(const struct http_call_result *result, enum image_format format)
{
    return result->http_status == 200 &&
           image_sniff(result->body.data, result->body.size) == format;
}

/* A problem about this picture or this moment. What would be about us (a wrong path, say) is the
 * gateway's own fault or another server's doing, and none of the client's business. */
static bool is_relayable(const struct http_call_result *result)
{
    static const unsigned codes[] = {400, 408, 413, 415, 422, 500, 503, 504};

    if (strcmp(result->content_type, HTTP_PROBLEM_MEDIA_TYPE) != 0 ||
        result->body.size > PROBLEM_MAX_BYTES || result->body.size == 0)
        return false;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == result->http_status)
            return true;
    }
    return false;
}

static int relay(struct http_call_result *result, struct http_answer *answer)
{
    answer->http_status = result->http_status;
    answer->body = result->body.data;
    answer->body_size = result->body.size;
    answer->content_type = HTTP_PROBLEM_MEDIA_TYPE;
    answer->retry_after_s = result->retry_after_s;
    result->body = (struct buffer){0};
    return RELAYED;
}

/* What an answer that came whole is worth. */
static int take(struct http_call_result *result, enum image_format format, struct buffer *reduced,
                struct http_answer *answer)
{
    if (is_picture(result, format)) {
        *reduced = result->body;
        result->body = (struct buffer){0};
        return 0;
    }
    if (is_relayable(result))
        return relay(result, answer);
    return http_answer_detail(answer, STATUS_SCALE_UNAVAILABLE,
                              "the scale server's answer makes no sense");
}

static int explain(int status, struct http_answer *answer)
{
    if (status == STATUS_SCALE_UNAVAILABLE)
        return http_answer_detail(answer, status, "the scale server does not answer");
    if (status == STATUS_DEADLINE_EXCEEDED)
        return http_answer_detail(answer, status, "the scale server took longer than it may");
    if (status == STATUS_OVERLOADED && answer->detail[0] == '\0')
        return http_answer_detail(answer, status, "all connections to the scale server are busy");
    return status;
}

static bool reserve(void *request, size_t bytes)
{
    return http_request_reserve(request, bytes);
}

int scale_client_reduce(struct scale_client *client, struct http_request *request,
                        const struct buffer *body, enum image_format format, struct buffer *reduced,
                        struct http_answer *answer)
{
    char target[TARGET_BYTES] = "/scale";
    struct http_call call = {
        .target = target,
        .body = body->data,
        .body_size = body->size,
        .request_id = http_request_id(request),
        .forwarded_for = http_request_client_text(request),
        .deadline_us = http_request_deadline_us(request),
        .client_fd = http_request_client_fd(request),
        .reserve = reserve,
        .reserve_context = request,
    };
    struct http_call_result result;
    int status, had_ms = deadline_left_ms(call.deadline_us);

    if (http_query_write(&image_parameters, http_request_parameters(request),
                         target + strlen(target), sizeof(target) - strlen(target)) != 0)
        return -ENOSPC;
    status = http_client_call(client->http, &call, &result);
    answer->queue_us += result.queue_us;
    answer->work_us += result.work_us;
    if (status == 0)
        status = take(&result, format, reduced, answer);
    else
        status = explain(status, answer);
    note(client, status, &result, had_ms);
    buffer_clear(&result.body);
    return status;
}
