/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http_peer.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/status.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 30 };

static atomic_uint held, handled;
static atomic_int last_deadline_ms;
static atomic_bool released;

static int greet(struct http_request *request, void *context, struct http_answer *answer)
{
    (void)request;
    (void)context;
    atomic_fetch_add(&handled, 1);
    return http_answer_text(answer, "text/plain", "hello\n");
}

static int refuse_bad(struct http_request *request, const uint8_t *bytes, size_t size,
                      void *context, struct http_answer *answer)
{
    (void)request;
    (void)context;
    if (size >= 3 && memcmp(bytes, "BAD", 3) == 0)
        return http_answer_detail(answer, STATUS_UNSUPPORTED_FORMAT, "it is \"BAD\"");
    return 0;
}

static int echo(struct http_request *request, void *context, struct http_answer *answer)
{
    struct buffer *body = http_request_body(request);

    (void)context;
    atomic_fetch_add(&handled, 1);
    atomic_store(&last_deadline_ms, deadline_left_ms(http_request_deadline_us(request)));
    answer->body = body->data;
    answer->body_size = body->size;
    answer->content_type = "application/octet-stream";
    answer->queue_us = 1500;
    answer->work_us = 2500;
    answer->path = "some-path";
    *body = (struct buffer){0};
    return 0;
}

static int end_with(struct http_request *request, void *context, struct http_answer *answer)
{
    struct buffer *body = http_request_body(request);
    char text[16] = "";

    (void)context;
    memcpy(text, body->data, body->size < 15 ? body->size : 15);
    return http_answer_detail(answer, atoi(text), "as \"asked\" \x01\xff");
}

static int hold(struct http_request *request, void *context, struct http_answer *answer)
{
    struct pollfd client = {.fd = http_request_client_fd(request)};
    bool gone = false;

    (void)context;
    atomic_fetch_add(&held, 1);
    while (!atomic_load(&released) && !gone)
        gone = poll(&client, 1, 5) > 0;
    atomic_fetch_sub(&held, 1);
    if (gone)
        return STATUS_CLIENT_GONE;
    return http_answer_text(answer, "text/plain", "held\n");
}

static int refuse_full(struct http_request *request, const uint8_t *bytes, size_t size,
                       void *context, struct http_answer *answer)
{
    (void)request;
    (void)bytes;
    (void)context;
    if (size > 0 && size < HTTP_ADMIT_BYTES)
        return 0;
    answer->retry_after_s = 7;
    return http_answer_detail(answer, STATUS_OVERLOADED, "full");
}

/* Written all over, so that it is resident. */
static int make(struct http_request *request, void *context, struct http_answer *answer)
{
    const struct buffer *body = http_request_body(request);
    char text[16] = "";
    size_t size;

    (void)context;
    memcpy(text, body->data, body->size < 15 ? body->size : 15);
    size = (size_t)atoll(text);
    if (!http_request_reserve(request, size))
        return STATUS_OVERLOADED;
    answer->body = malloc(size);
    if (answer->body == NULL)
        return -ENOMEM;
    memset(answer->body, 'm', size);
    answer->body_size = size;
    answer->content_type = "application/octet-stream";
    return 0;
}

static int report_client(struct http_request *request, void *context, struct http_answer *answer)
{
    (void)context;
    return http_answer_text(answer, "text/plain", "%s %d", http_request_client_text(request),
                            http_request_client(request) != 0);
}

static const struct http_parameter rows[] = {
    {
        .name = "scale",
        .type = &http_type_decimal,
        .above_smallest = true,
        .largest = {.digits = 1},
    },
    {
        .name = "quality",
        .type = &http_type_integer,
        .offset = sizeof(struct decimal),
        .smallest = {.digits = 1},
        .largest = {.digits = 100},
    },
};
static const struct http_parameter_table parameters = {.rows = rows, .count = ARRAY_LENGTH(rows)};

static const struct http_route routes[] = {
    {.path = "/", .method = HTTP_GET, .handle = greet},
    {.path = "/", .method = HTTP_POST, .handle = echo},
    {.path = "/health",
     .method = HTTP_GET,
     .flags = HTTP_ROUTE_ALWAYS | HTTP_ROUTE_QUIET,
     .handle = greet},
    {.path = "/echo",
     .method = HTTP_POST,
     .parameters = &parameters,
     .peek = refuse_bad,
     .handle = echo},
    {.path = "/make", .method = HTTP_POST, .handle = make},
    {.path = "/client", .method = HTTP_POST, .handle = report_client},
    {.path = "/status", .method = HTTP_POST, .handle = end_with},
    {.path = "/hold", .method = HTTP_POST, .handle = hold},
    {.path = "/full",
     .method = HTTP_POST,
     .peek = refuse_bad,
     .admit = refuse_full,
     .handle = echo},
};

void peer_defaults(struct peer_server *peer)
{
    *peer = (struct peer_server){
        .options =
            {
                .ip = "127.0.0.1",
                .max_connections = 64,
                .idle_timeout_ms = 30000,
                .body_timeout_ms = 30000,
                .deadline_ms = 10000,
                .max_body_bytes = 1000000,
                .max_inflight_bytes = 64000000,
                .max_client_bytes = 64000000,
                .client_prefix_v6 = 64,
                .routes = routes,
                .route_count = sizeof(routes) / sizeof(routes[0]),
            },
    };
}

void peer_start(struct peer_server *peer)
{
    atomic_store(&released, false);
    assert_int_equal(http_server_new(&peer->server, &peer->options), 0);
}

/* At rest nothing may be left: every test ends with this check. */
void peer_stop(struct peer_server *peer)
{
    struct http_server_status status;

    peer_release();
    assert_true(http_server_drain(peer->server, PATIENCE_S * 1000));
    http_server_get_status(peer->server, &status);
    assert_int_equal(status.requests, 0);
    assert_int_equal(status.inflight_bytes, 0);
    peer->server = http_server_free(peer->server);
}

unsigned peer_held(void)
{
    return atomic_load(&held);
}

void peer_wait_held(unsigned count)
{
    int64_t deadline = deadline_after_ms(PATIENCE_S * 1000);

    while (peer_held() != count && deadline_left_ms(deadline) > 0)
        usleep(1000);
    assert_int_equal(peer_held(), count);
}

void peer_release(void)
{
    atomic_store(&released, true);
}

unsigned peer_handled(void)
{
    return atomic_load(&handled);
}

int peer_last_deadline_ms(void)
{
    return atomic_load(&last_deadline_ms);
}

int peer_connect(const struct peer_server *peer)
{
    return peer_connect_from(peer, 1);
}

int peer_connect_from(const struct peer_server *peer, unsigned host)
{
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host - 1)};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(peer->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void peer_send_bytes(int fd, const void *bytes, size_t size)
{
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

void peer_send(int fd, const char *format, ...)
{
    va_list arguments;
    char *text;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    assert_true(length >= 0);
    peer_send_bytes(fd, text, (size_t)length);
    free(text);
}

void peer_skip(int fd, size_t size)
{
    char piece[65536];

    while (size > 0) {
        ssize_t got = recv(fd, piece, size < sizeof(piece) ? size : sizeof(piece), 0);

        assert_true(got > 0);
        size -= (size_t)got;
    }
}

bool peer_send_body(int fd, size_t size)
{
    char piece[16384];
    size_t now;

    memset(piece, 'x', sizeof(piece));
    for (; size > 0; size -= now) {
        now = size < sizeof(piece) ? size : sizeof(piece);
        if (send(fd, piece, now, MSG_NOSIGNAL) != (ssize_t)now)
            return false;
    }
    return true;
}

/* Byte by byte: what follows the head belongs to whoever reads next. */
static void read_head(int fd, struct peer_reply *reply)
{
    size_t used = 0;

    while (used + 1 < sizeof(reply->head) && strstr(reply->head, "\r\n\r\n") == NULL) {
        ssize_t bytes = recv(fd, reply->head + used, 1, 0);

        if (bytes < 0 && errno == EAGAIN)
            fail_msg("no answer in %d s; so far: %s", PATIENCE_S, reply->head);
        if (bytes <= 0)
            return;
        reply->head[++used] = '\0';
    }
    sscanf(reply->head, "HTTP/1.%*d %d", &reply->code);
}

const char *peer_field(const struct peer_reply *reply, const char *name)
{
    static _Thread_local char value[512];
    const char *line = reply->head;
    size_t length = strlen(name);

    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1 + strspn(line + length + 1, " ");
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
            return value;
        }
    }
    return NULL;
}

struct peer_reply peer_read(int fd, bool head)
{
    struct peer_reply reply = {0};
    const char *field;
    size_t length = 0;

    read_head(fd, &reply);
    if (reply.code == 100)
        return reply;
    field = peer_field(&reply, "Connection");
    reply.close = field != NULL && strcasecmp(field, "close") == 0;
    field = peer_field(&reply, "Content-Length");
    if (field != NULL && !head)
        length = (size_t)atol(field);
    for (; reply.body_size < length; reply.body_size++) {
        char byte;

        if (recv(fd, &byte, 1, 0) != 1)
            fail_msg("the body ends after %zu of %zu bytes", reply.body_size, length);
        if (reply.body_size + 1 < sizeof(reply.body))
            reply.body[reply.body_size] = byte;
    }
    return reply;
}

bool peer_ends(int fd)
{
    char byte;

    return recv(fd, &byte, 1, 0) == 0;
}

struct peer_reply peer_ask(const struct peer_server *peer, const char *text)
{
    struct peer_reply reply;
    int fd = peer_connect(peer);

    peer_send(fd, "%s", text);
    reply = peer_read(fd, strncmp(text, "HEAD", 4) == 0);
    close(fd);
    return reply;
}

bool peer_is_problem(const struct peer_reply *reply, int code, const char *type)
{
    char expected[600];
    const char *field = peer_field(reply, "Content-Type");

    if (reply->code != code || field == NULL || strcmp(field, "application/problem+json") != 0)
        return false;
    snprintf(expected, sizeof(expected), "\"type\":\"/problems/%s\"", type);
    if (strstr(reply->body, expected) == NULL)
        return false;
    snprintf(expected, sizeof(expected), "\"status\":%d,", code);
    if (strstr(reply->body, expected) == NULL)
        return false;
    field = peer_field(reply, "X-Request-Id");
    snprintf(expected, sizeof(expected), "\"request_id\":\"%s\"}\n", field != NULL ? field : "?");
    return strstr(reply->body, expected) != NULL;
}
