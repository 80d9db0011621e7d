/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/logger.h"

/*
 * libmicrohttpd's messages go to its logger, and one of them is more than a message: before the
 * library answers a request by itself (a Content-Length that is not a number, a malformed chunk, a
 * header section beyond its memory) it logs that it is about to. For some of these it then sends
 * its status line twice, and all of them are HTML without a request id. The logger runs in the
 * connection's thread, so whoever watches the request can answer first.
 *
 * If a later version words the message differently, its own answer goes out again, and tests fail.
 */
#include "base/cleanup.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

static const char about_to_answer[] = "Error processing request (HTTP response code is %u";

static _Thread_local struct {
    logger_answer *answer;
    void *request;
} watched;

void logger_watch(logger_answer *answer, void *request)
{
    watched.answer = answer;
    watched.request = request;
}

/* Messages about resources concern us; those about single clients only debugging. The library can
 * write either 100,000 times a second. */
static void log_message(const char *text)
{
    static const char *const of_resources[] = {"connection limit", "resource limit", "thread",
                                               "allocating memory", "accepting"};
    static _Atomic long long last_warning, last_debug;

    for (size_t i = 0; i < ARRAY_LENGTH(of_resources); i++) {
        if (strstr(text, of_resources[i]) == NULL)
            continue;
        if (log_limit(&last_warning, 1000))
            log_warning("libmicrohttpd: %s", text);
        return;
    }
    if (log_enabled(LOG_DEBUG) && log_limit(&last_debug, 10))
        log_debug("libmicrohttpd: %s", text);
}

void logger_write(void *argument, const char *format, va_list arguments)
{
    char text[256];
    va_list copy;
    bool answered = false;

    (void)argument;
    if (watched.answer != NULL && strncmp(format, about_to_answer, strlen(about_to_answer)) == 0) {
        va_copy(copy, arguments);
        answered = watched.answer(watched.request, va_arg(copy, unsigned));
        va_end(copy);
    }
    if (answered)
        return;
    vsnprintf(text, sizeof(text), format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_message(text);
}
