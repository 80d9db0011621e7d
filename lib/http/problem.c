/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/problem.h"

/*
 * The one place that knows what clients see of a status. The JSON has five members and no nesting:
 * writing it by hand is shorter than using a library, and cannot fail halfway.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    unsigned code;
    const char *title;
} problems[STATUS_COUNT] = {
    [STATUS_OK] = {200, "OK"},
    [STATUS_BAD_PARAMETER] = {400, "A query parameter is not as it should be"},
    [STATUS_BAD_REQUEST] = {400, "The request is not valid HTTP"},
    [STATUS_EMPTY_BODY] = {400, "The body is empty; it should be a picture"},
    [STATUS_UNAUTHORIZED] = {401, "The request needs a valid token"},
    [STATUS_FORBIDDEN] = {403, "Pages of other sites may not use this server"},
    [STATUS_NOT_FOUND] = {404, "There is nothing at this path"},
    [STATUS_METHOD_NOT_ALLOWED] = {405, "The method is not for this path"},
    [STATUS_BODY_TIMEOUT] = {408, "The body did not come in time"},
    [STATUS_BODY_TOO_LARGE] = {413, "The body is too large"},
    [STATUS_UNSUPPORTED_FORMAT] = {415, "The body is no picture of a supported format"},
    [STATUS_IMAGE_CORRUPT] = {422, "The picture is damaged or incomplete"},
    [STATUS_IMAGE_TOO_LARGE] = {422, "The picture is too large"},
    [STATUS_RESULT_TOO_LARGE] = {422, "The result would be too large"},
    [STATUS_IMAGE_CRASHED_DECODER] = {422, "The picture cannot be decoded"},
    [STATUS_NOT_IMPLEMENTED] = {501, "The server cannot do this"},
    [STATUS_INTERNAL] = {500, "The server failed"},
    [STATUS_SCALE_UNAVAILABLE] = {502, "The scale server does not answer as it should"},
    [STATUS_OVERLOADED] = {503, "The server has too much to do"},
    [STATUS_DEADLINE_EXCEEDED] = {504, "The work took too long"},
    [STATUS_CLIENT_GONE] = {499, "The client went away"},
};

/* Short memory is temporary, like a full queue; any other negative status is our own fault. */
int http_problem_status(int status)
{
    if (status == -ENOMEM)
        return STATUS_OVERLOADED;
    return status < 0 || status >= STATUS_COUNT ? STATUS_INTERNAL : status;
}

unsigned http_problem_code(int status)
{
    return problems[http_problem_status(status)].code;
}

int http_problem_find(const char *name)
{
    for (int status = STATUS_OK + 1; status < STATUS_COUNT; status++) {
        if (status != STATUS_CLIENT_GONE && strcmp(status_name(status), name) == 0)
            return status;
    }
    return -1;
}

const char *http_problem_title(int status)
{
    return problems[http_problem_status(status)].title;
}

char *http_json_escape(char *out, const char *text)
{
    size_t left = strlen(text), step;

    for (; left > 0; text += step, left -= step) {
        step = utf8_sequence(text, left);
        if (step == 0) {
            out = stpcpy(out, "\xef\xbf\xbd"); /* U+FFFD */
            step = 1;
        } else if (*text == '"' || *text == '\\') {
            *out++ = '\\';
            *out++ = *text;
        } else if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            out += sprintf(out, "\\u%04x", (unsigned)(unsigned char)*text);
        } else {
            out = mempcpy(out, text, step);
        }
    }
    return out;
}

char *http_problem_json(int status, unsigned code, const char *detail, const char *request_id,
                        bool message, size_t *length)
{
    const char *type = status_name(http_problem_status(status)),
               *title = http_problem_title(status);
    size_t enough;
    char *json, *out;

    if (status < 0 || detail == NULL || detail[0] == '\0')
        detail = title; /* only the log says what went wrong on this host */
    request_id = request_id != NULL ? request_id : "";
    enough = 144 + strlen(type) + strlen(title) + 6 * (2 * strlen(detail) + strlen(request_id));
    json = malloc(enough);
    if (json == NULL)
        return NULL;
    out = json + sprintf(json, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%u", type,
                         title, code);
    out = stpcpy(out, ",\"detail\":\"");
    out = stpcpy(http_json_escape(out, detail), "\"");
    if (message) {
        out = stpcpy(out, ",\"message\":\"");
        out = stpcpy(http_json_escape(out, detail), "\"");
    }
    out = stpcpy(out, ",\"request_id\":\"");
    out = stpcpy(http_json_escape(out, request_id), "\"}\n");
    *length = (size_t)(out - json);
    return json;
}
