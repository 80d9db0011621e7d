/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/access_log.h"

/*
 * The fields of the access log, docs/operations.md's table. A field that does not apply is left
 * out: there is no image in GET /healthz, and no upstream in a gray image.
 */
#include "base/deadline.h"
#include "base/log.h"
#include "base/status.h"
#include "http/problem.h"

#include <errno.h>
#include <string.h>

enum { MILLISECONDS = 3 /* decimals of a time in microseconds */ };

struct fields {
    struct log_field list[LOG_FIELDS_MAX];
    size_t count;
};

static void add_text(struct fields *fields, const char *name, const char *text)
{
    if (text != NULL && *text != '\0')
        fields->list[fields->count++] = (struct log_field){.name = name, .text = text};
}

static void add_count(struct fields *fields, const char *name, uint64_t number, unsigned decimals)
{
    fields->list[fields->count++] =
        (struct log_field){.name = name, .number = (int64_t)number, .decimals = decimals};
}

static void add_time(struct fields *fields, const char *name, int64_t us)
{
    add_count(fields, name, us > 0 ? (uint64_t)us : 0, MILLISECONDS);
}

void access_log_target(const struct http_request *request, char text[static ACCESS_TARGET_BYTES])
{
    size_t length = strcspn(request->target, "?");

    if (length >= ACCESS_TARGET_BYTES)
        length = ACCESS_TARGET_BYTES - 1;
    memcpy(text, request->target, length);
    text[length] = '\0';
}

static void add_image(struct fields *fields, const struct http_answer *answer)
{
    add_text(fields, "format_in", answer->format_in);
    add_text(fields, "format_out", answer->format_out);
    if (answer->pixels_in > 0)
        add_count(fields, "pixels_in", answer->pixels_in, 0);
    if (answer->pixels_out > 0)
        add_count(fields, "pixels_out", answer->pixels_out, 0);
    add_text(fields, "path", answer->path);
}

static void add_times(struct fields *fields, const struct http_request *request)
{
    const struct http_answer *answer = &request->answer;

    if (answer->attempts > 0 || answer->queue_us > 0) {
        add_time(fields, "queue_ms", answer->queue_us);
        add_time(fields, "work_ms", answer->work_us);
        if (answer->upstream_us > 0)
            add_time(fields, "upstream_ms", answer->upstream_us);
    }
    add_time(fields, "total_ms", clock_us() - request->started_us);
    if (answer->attempts > 0)
        add_count(fields, "attempts", answer->attempts, 0);
}

static const char *problem_of(const struct http_request *request, int status)
{
    if (status == 0)
        status = request->answer.problem;
    if (status == -ENOMEM)
        status = STATUS_OVERLOADED; /* as lib/http/problem.c answers it */
    return status != 0 ? status_name(status) : NULL;
}

void access_log_write(struct http_request *request)
{
    const bool quiet = request->route != NULL && (request->route->flags & HTTP_ROUTE_QUIET);
    const enum log_level level = quiet ? LOG_DEBUG : LOG_INFO;
    const int status = request->code == 0          ? STATUS_CLIENT_GONE
                       : request->late_status != 0 ? request->late_status
                                                   : request->status;
    const unsigned code = request->code != 0 ? request->code : http_problem_code(status);
    const char *method = request->method[0] != '\0' ? request->method : "-";
    char target[ACCESS_TARGET_BYTES], message[ACCESS_TARGET_BYTES + sizeof(request->method) + 8];
    char *end = message;
    struct fields fields = {0};

    if (!log_enabled(level))
        return;
    access_log_target(request, target);
    end = stpcpy(stpcpy(end, method), " ");
    end = stpcpy(stpcpy(end, target), " ");
    *end++ = (char)('0' + code / 100 % 10);
    *end++ = (char)('0' + code / 10 % 10);
    *end++ = (char)('0' + code % 10);
    *end = '\0';
    add_text(&fields, "client", http_request_client_text(request));
    add_text(&fields, "method", method);
    add_text(&fields, "route", request->route_path != NULL ? request->route_path : "other");
    add_count(&fields, "status", code, 0);
    add_text(&fields, "problem", problem_of(request, status));
    add_count(&fields, "bytes_in", request->received, 0);
    add_count(&fields, "bytes_out", request->sent_bytes, 0);
    add_image(&fields, &request->answer);
    add_times(&fields, request);
    add_text(&fields, "parent_id", request->trace.parent_id);
    log_fields(level, message, fields.list, fields.count);
}
