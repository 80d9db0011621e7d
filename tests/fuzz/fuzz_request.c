/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * The header section of a request, as bytes, through the real libmicrohttpd, framing_check
 * and http_target_split. Whatever is accepted is read a second time by a strict reader of RFC 9112
 * (strict_head.c): where that one disagrees, a proxy in front could, and a request could be
 * smuggled. It begins at the request line: lib/http never sees what the library skips
 * before it.
 */
#include "base/status.h"
#include "http/framing.h"
#include "http/target.h"
#include "tests/fuzz/strict_head.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RUNS_MAX = 64, INPUT_MAX = 4095 };

/* One request at a time. */
static struct {
    const char *place; /* of the target in the library's memory */
    char target[INPUT_MAX + 1];
    size_t start; /* of the request line in the input */
    bool called, closed;
    int status;
    struct framing framing;
} seen;

static void *begin(void *context, const char *target, struct MHD_Connection *connection)
{
    char *query = (char *)(uintptr_t)strchr(target, '?');

    (void)context;
    (void)connection;
    seen.place = target;
    strcpy(seen.target, target);
    if (query != NULL)
        query[1] = '\0'; /* as exchange_begin does */
    return NULL;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **request)
{
    struct request_line line = {method, version, seen.place, strlen(seen.target)};
    struct http_target target;

    (void)context;
    (void)url;
    (void)data;
    (void)size;
    (void)request;
    seen.called = true;
    /* The library reads into the beginning of memory that mmap gave it. */
    seen.start = (uintptr_t)method % 4096;
    if (!framing_is_token(method, strlen(method)))
        seen.status = STATUS_BAD_REQUEST;
    else
        seen.status = framing_check(connection, &line, &seen.framing);
    if (seen.status == 0)
        seen.status = http_target_split(seen.target, strlen(seen.target),
                                        strcmp(method, "CONNECT") == 0, &target);
    return MHD_NO;
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **data,
                               enum MHD_ConnectionNotificationCode code)
{
    (void)context;
    (void)connection;
    (void)data;
    seen.closed = code == MHD_CONNECTION_NOTIFY_CLOSED;
}

static void be_quiet(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static struct MHD_Daemon *start(void)
{
    return MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle,
                            NULL, MHD_OPTION_EXTERNAL_LOGGER, be_quiet, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, begin, NULL, MHD_OPTION_NOTIFY_CONNECTION,
                            connection_changed, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)64 * 1024, MHD_OPTION_END);
}

/* Sends the bytes as a client's whole connection and lets the library read them. */
static void run(struct MHD_Daemon *daemon, const uint8_t *data, size_t size)
{
    const struct sockaddr_in address = {.sin_family = AF_INET};
    int ends[2];

    seen.called = seen.closed = false;
    fuzz_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    fuzz_require(write(ends[1], data, size) == (ssize_t)size);
    fuzz_require(shutdown(ends[1], SHUT_WR) == 0);
    fuzz_require(MHD_add_connection(daemon, ends[0], (const struct sockaddr *)&address,
                                    sizeof(address)) == MHD_YES);
    for (int i = 0; i < RUNS_MAX && !seen.closed; i++)
        MHD_run(daemon);
    close(ends[1]);
    for (int i = 0; i < RUNS_MAX && !seen.closed; i++)
        MHD_run(daemon);
    fuzz_require(seen.closed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct MHD_Daemon *daemon;
    struct strict_head head;

    if (daemon == NULL)
        daemon = start();
    fuzz_require(daemon != NULL);
    if (size == 0 || size > INPUT_MAX)
        return 0;
    run(daemon, data, size);
    if (!seen.called || seen.status != 0)
        return 0;
    fuzz_require(seen.start < size);
    fuzz_require(strict_head_read(&head, data + seen.start, size - seen.start));
    fuzz_require(head.chunked == seen.framing.chunked);
    fuzz_require(head.has_length == (seen.framing.content_length >= 0));
    fuzz_require(!head.has_length || head.length_is_huge ||
                 head.length == (uint64_t)seen.framing.content_length);
    return 0;
}
