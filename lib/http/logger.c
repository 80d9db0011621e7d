/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/state.h"

/*
 * What libmicrohttpd has to say goes to its logger, and one thing it says is more than a message:
 * before it answers a request by itself (a Content-Length that is no number, a malformed chunk, a
 * header section beyond its memory) it logs that it is about to. For some of these it then sends
 * its status line twice, and all of them are HTML without a request id. The logger runs in the
 * connection's thread, so we answer first, with a problem like any other, and shut down the sending
 * half of the socket: the library's own attempt fails, and it closes the connection, as it was
 * going to.
 *
 * Should a later version say it in other words, its own answer goes out again, and tests fail.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char about_to_answer[] = "Error processing request (HTTP response code is %u";

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

static _Thread_local struct http_request *current;

void logger_watch(struct http_request *request)
{
    current = request;
}

static void answer_first(struct http_request *request, unsigned code)
{
    const struct refusal *refusal = &refusals[0];

    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        if (refusals[i].code == code)
            refusal = &refusals[i];
    }
    request->status = routing_refuse(request, refusal->status, refusal->detail);
    exchange_write_problem(request, refusal->code);
    shutdown(request->fd, SHUT_WR);
}

/* What the library says of single clients is their affair; what it says of resources is ours. It
 * can say either 100,000 times a second. */
void logger_write(void *argument, const char *format, va_list arguments)
{
    static const char *const ours[] = {"connection limit", "resource limit", "thread",
                                       "allocating memory", "accepting"};
    static _Atomic long long last_warning, last_debug;
    char text[256];

    (void)argument;
    if (strncmp(format, about_to_answer, strlen(about_to_answer)) == 0 && current != NULL &&
        current->stage < STAGE_ANSWERED) {
        answer_first(current, va_arg(arguments, unsigned));
        return;
    }
    vsnprintf(text, sizeof(text), format, arguments);
    text[strcspn(text, "\n")] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(ours); i++) {
        if (strstr(text, ours[i]) == NULL)
            continue;
        if (log_limit(&last_warning, 1000))
            log_warning("libmicrohttpd: %s", text);
        return;
    }
    if (log_enabled(LOG_DEBUG) && log_limit(&last_debug, 10))
        log_debug("libmicrohttpd: %s", text);
}
