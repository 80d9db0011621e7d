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

/* A row reads by its lines: codes and title, when, what to do. */
/* clang-format off */
static const struct http_problem problems[STATUS_COUNT] = {
    [STATUS_OK] = {{200}, "OK", NULL, NULL},
    [STATUS_BAD_PARAMETER] = {
        {400}, "A query parameter is not as it should be",
        "a parameter is unknown, repeated, empty, malformed or out of range, or contradicts another; "
        "`detail` names it",
        "Correct the parameter that `detail` names. `/openapi.json` has every parameter with its "
        "values.",
    },
    [STATUS_BAD_REQUEST] = {
        {400, 408, 431}, "The request is not valid HTTP",
        "contradictory framing, broken chunks, no Host or two, an invalid Host or target, NUL or CR "
        "in a field, a method that is not a token; a broken form, or one without a file or with "
        "several. 408: the header section did not end within `listen.idle_timeout_ms`; 431: or "
        "within 64 KiB",
        "Send the file in the body as it is, or as the one file of a `multipart/form-data` form. "
        "With curl: `--data-binary @photo.jpg`, or `-F image=@photo.jpg`.",
    },
    [STATUS_EMPTY_BODY] = {
        {400}, "The body is empty; it should be a picture",
        "the body has no bytes",
        "Send an image in the body. With curl, mind the `@` of `--data-binary @photo.jpg`.",
    },
    [STATUS_UNAUTHORIZED] = {
        {401}, "The request needs a valid token",
        "no token, or not a valid one; with `WWW-Authenticate`",
        "Send a token as `Authorization: Bearer TOKEN`, in the field `API-Key`, or as `key=` in the "
        "query. Whoever runs the server has it: it is a line of `auth.tokens_file`.",
    },
    [STATUS_FORBIDDEN] = {
        {403}, "Pages of other sites may not use this server",
        "a page of another site sent the request, and its origin is not in `cors.origins`",
        "Open the page of this server, or send the request without a browser. An operator can add "
        "the page's origin to `cors.origins`.",
    },
    [STATUS_NOT_FOUND] = {
        {404}, "There is nothing at this path",
        "no route has this path",
        "Look for the path in `/openapi.json`; upper and lower case differ, and a slash at the end "
        "counts. To a URL without a path `curl -T` adds the file's name: write the path.",
    },
    [STATUS_METHOD_NOT_ALLOWED] = {
        {405}, "The method is not for this path",
        "the path takes other methods; `Allow` lists them",
        "Send images with POST or PUT; everything else is read with GET or HEAD.",
    },
    [STATUS_BODY_TIMEOUT] = {
        {408}, "The body did not come in time",
        "the body was not complete within `listen.body_timeout_ms`, or came at less than "
        "`listen.min_bytes_per_s`",
        "Send again, over a faster connection or less at a time. An operator can change both "
        "limits.",
    },
    [STATUS_BODY_TOO_LARGE] = {
        {413}, "The body is too large",
        "the body has more than `limits.max_body_bytes`: by Content-Length before any of it is "
        "read, with chunks as soon as it is known",
        "Send a smaller file. An operator can raise `limits.max_body_bytes`, of the gateway and of "
        "the scale server.",
    },
    [STATUS_UNSUPPORTED_FORMAT] = {
        {415}, "The body is no picture of a supported format",
        "by the first bytes, while the body arrives; also a sound file of an unsupported kind, "
        "which `detail` names, or of a format that `input.formats` leaves out",
        "Send JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC. The bytes count, not the name of the file.",
    },
    [STATUS_IMAGE_CORRUPT] = {
        {422}, "The picture is damaged or incomplete",
        "damaged or cut short; never a partial image",
        "Fetch or export the file once more: often an upload or a download was cut short.",
    },
    [STATUS_IMAGE_TOO_LARGE] = {
        {422}, "The picture is too large",
        "pixels (by the header) of the frames that are used, or scans; or decoding would exceed "
        "`limits.deadline_ms`, or the work a worker's `max_memory_bytes`, and is not begun: "
        "`detail` names the limit, its value and what the image needs",
        "Make the image smaller before you send it, or ask for `animated=false` if it has many "
        "frames. An operator can raise the limit that `detail` names.",
    },
    [STATUS_RESULT_TOO_LARGE] = {
        {422}, "The result would be too large",
        "the result would exceed `limits.max_pixels`, `limits.max_side` or what its format holds, "
        "or the work for it `limits.deadline_ms`; or it has more bytes than "
        "`limits.max_output_bytes`: `detail` names the limit or the format, its value and what was "
        "asked for",
        "Ask for a smaller size, another format, or less effort. An operator can raise the limit "
        "that `detail` names.",
    },
    [STATUS_IMAGE_CRASHED_DECODER] = {
        {422}, "The picture cannot be decoded",
        "two workers died of it (or eight were killed from outside)",
        "Do not send this file again. If it is yours, save it once more with another program; "
        "please report it.",
    },
    [STATUS_NOT_IMPLEMENTED] = {
        {501}, "The server cannot do this",
        "a Transfer-Encoding other than exactly chunked; an unknown method; of imaginary's API "
        "watermarks, `url` and `file`",
        "Do without it: send the image in the body, in a plain POST.",
    },
    [STATUS_INTERNAL] = {
        {500}, "The server failed",
        "a bug; the log has more",
        "Report it with the `request_id`, by which an operator finds the line in the log.",
    },
    [STATUS_SCALE_UNAVAILABLE] = {
        {502}, "The scale server does not answer as it should",
        "no answer, or an invalid one, from the scale server",
        "Try again shortly. An operator sees in `/readyz` whether the scale server is ready, and in "
        "`scale.upstream` where the gateway looks for it.",
    },
    [STATUS_OVERLOADED] = {
        {503}, "The server has too much to do",
        "the queue is full, or full of this client's requests; the wait would be too long; less of "
        "the deadline is left than the image may take; too many bytes or connections, in all or of "
        "this client; the server or a worker is out of memory. With `Retry-After`",
        "Try again after the seconds of `Retry-After`, with fewer requests at a time.",
    },
    [STATUS_DEADLINE_EXCEEDED] = {
        {504}, "The work took too long",
        "`limits.deadline_ms` passed; a worker that has worked on the image for long is killed and "
        "replaced",
        "Ask for less: a smaller size, another format, a lower `effort`. An operator can raise "
        "`limits.deadline_ms`.",
    },
    [STATUS_CLIENT_GONE] = {{499}, "The client went away", NULL, NULL},
};
/* clang-format on */

/* Short memory is temporary, like a full queue; any other negative status is our own fault. */
int http_problem_status(int status)
{
    if (status == -ENOMEM)
        return STATUS_OVERLOADED;
    return status < 0 || status >= STATUS_COUNT ? STATUS_INTERNAL : status;
}

unsigned http_problem_code(int status)
{
    return problems[http_problem_status(status)].codes[0];
}

const char *http_problem_title(int status)
{
    return problems[http_problem_status(status)].title;
}

const struct http_problem *http_problem(int status)
{
    if (status < 0 || status >= STATUS_COUNT || problems[status].meaning == NULL)
        return NULL;
    return &problems[status];
}

int http_problem_find(const char *name)
{
    for (int status = 0; status < STATUS_COUNT; status++) {
        if (problems[status].meaning != NULL && strcmp(status_name(status), name) == 0)
            return status;
    }
    return -1;
}

void http_problem_document(FILE *out)
{
    fputs("| status | type | when | what to do |\n| --- | --- | --- | --- |\n", out);
    for (unsigned code = 400; code < 600; code++) {
        for (int status = 0; status < STATUS_COUNT; status++) {
            const struct http_problem *problem = http_problem(status);

            if (problem == NULL || problem->codes[0] != code)
                continue;
            fprintf(out, "| %u", code);
            for (int i = 1; i < HTTP_PROBLEM_CODES && problem->codes[i] != 0; i++)
                fprintf(out, ", %u", problem->codes[i]);
            fprintf(out, " | `/problems/%s` | %s | %s |\n", status_name(status), problem->meaning,
                    problem->remedy);
        }
    }
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
