/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http_peer.h"

#include "base/log.h"
#include "base/status.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Routing, answers, bodies and keep-alive, over raw sockets. */

#define HOST "Host: test\r\n"

static int start(void **state)
{
    static struct peer_server peer;

    peer_defaults(&peer);
    peer_start(&peer);
    *state = &peer;
    return 0;
}

static int stop(void **state)
{
    peer_stop(*state);
    return 0;
}

/* Goal: a GET, its HEAD, and the fields of an answer. */
static void test_get_and_head(void **state)
{
    struct peer_reply reply = peer_ask(*state, "GET / HTTP/1.1\r\n" HOST "\r\n");

    assert_int_equal(reply.code, 200);
    assert_string_equal(reply.body, "hello\n");
    assert_string_equal(peer_field(&reply, "Content-Type"), "text/plain");
    assert_non_null(peer_field(&reply, "Date"));
    assert_non_null(peer_field(&reply, "X-Request-Id"));
    assert_null(peer_field(&reply, "Server-Timing"));
    assert_false(reply.close);
    reply = peer_ask(*state, "HEAD / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.code, 200);
    assert_string_equal(peer_field(&reply, "Content-Length"), "6");
}

/* Goal: a body comes back, with the times of its work, with either framing and either method. */
static void test_post(void **state)
{
    struct peer_reply reply =
        peer_ask(*state, "POST /echo?scale=0.5 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    const char *timing;
    double total;

    assert_int_equal(reply.code, 200);
    assert_string_equal(reply.body, "abc");
    timing = peer_field(&reply, "Server-Timing");
    assert_non_null(timing);
    assert_int_equal(
        sscanf(timing, "queue;dur=1.500, work;dur=2.500;desc=\"some-path\", total;dur=%lf", &total),
        1);
    reply = peer_ask(*state, "PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                             "3;extension=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
    assert_int_equal(reply.code, 200);
    assert_string_equal(reply.body, "abcde");
}

/* Goal: what HTTP says of paths and methods. */
static void test_paths_and_methods(void **state)
{
    static const struct {
        const char *line;
        int code;
        const char *type, *allow;
    } cases[] = {
        {"GET /none", 404, "not-found", NULL},
        {"DELETE /none", 404, "not-found", NULL},
        {"OPTIONS /none", 404, "not-found", NULL},
        {"GET /echo/", 404, "not-found", NULL},
        {"GET /%2e%2e/echo", 404, "not-found", NULL},
        {"GET /echo%00", 404, "not-found", NULL},
        {"GET /%zz", 404, "not-found", NULL},
        {"GET //", 404, "not-found", NULL},
        {"GET /echo", 405, "method-not-allowed", "POST, PUT, OPTIONS"},
        {"DELETE /", 405, "method-not-allowed", "GET, HEAD, POST, PUT, OPTIONS"},
        {"TRACE /health", 405, "method-not-allowed", "GET, HEAD, OPTIONS"},
        {"PROPFIND /health", 405, "method-not-allowed", "GET, HEAD, OPTIONS"},
        {"CONNECT host:80", 405, "method-not-allowed", "GET, HEAD, POST, PUT, OPTIONS"},
        {"BREW /echo", 501, "not-implemented", NULL},
        {"get /", 501, "not-implemented", NULL},
        {"GETGETGETGETGETGETGETGETGETGETGET /", 501, "not-implemented", NULL},
        {"GET ftp://host/", 400, "bad-request", NULL},
        {"GET *", 400, "bad-request", NULL},
        {"GET /?x=1", 400, "bad-parameter", NULL},
        {"POST /echo?scale=2", 400, "bad-parameter", NULL},
        {"POST /echo", 400, "empty-body", NULL},
    };
    int fd = peer_connect(*state);

    /* All on one connection: none of these has to close it. */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct peer_reply reply;
        const char *allow;

        peer_send(fd, "%s HTTP/1.1\r\n" HOST "\r\n", cases[i].line);
        reply = peer_read(fd, false);
        if (!peer_is_problem(&reply, cases[i].code, cases[i].type))
            fail_msg("%s: %s%s", cases[i].line, reply.head, reply.body);
        allow = peer_field(&reply, "Allow");
        assert_true((allow == NULL) == (cases[i].allow == NULL));
        if (allow != NULL)
            assert_string_equal(allow, cases[i].allow);
        assert_false(reply.close);
    }
    close(fd);
}

/* Goal: OPTIONS of a path and of the server; a target with scheme and host; an encoded path. */
static void test_targets(void **state)
{
    struct peer_reply reply = peer_ask(*state, "OPTIONS /echo HTTP/1.1\r\n" HOST "\r\n");

    assert_int_equal(reply.code, 204);
    assert_string_equal(peer_field(&reply, "Allow"), "POST, PUT, OPTIONS");
    reply = peer_ask(*state, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.code, 204);
    assert_string_equal(peer_field(&reply, "Allow"), "GET, HEAD, POST, PUT, OPTIONS");
    reply = peer_ask(*state, "GET http://elsewhere/health HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.code, 200);
    reply = peer_ask(*state, "GET http://elsewhere HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.code, 200);
    reply = peer_ask(*state, "GET /%68ealth? HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.code, 200);
}

/* Goal: a thousand parameters get the answer that one unknown parameter gets. */
static void test_long_query(void **state)
{
    struct peer_reply reply;
    char query[24001];
    int fd = peer_connect(*state);

    for (size_t i = 0; i + 2 < sizeof(query); i += 2)
        memcpy(query + i, "a&", 3);
    peer_send(fd, "GET /?%s HTTP/1.1\r\n" HOST "\r\n", query);
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 400, "bad-parameter"));
    close(fd);
}

/* Goal: a sane id comes back, in field and body; any other is replaced. */
static void test_request_id(void **state)
{
    struct peer_reply reply =
        peer_ask(*state, "GET /none HTTP/1.1\r\n" HOST "X-Request-Id: A-z.0_9\r\n\r\n");

    assert_string_equal(peer_field(&reply, "X-Request-Id"), "A-z.0_9");
    assert_true(peer_is_problem(&reply, 404, "not-found"));
    reply = peer_ask(*state, "GET / HTTP/1.1\r\n" HOST "X-Request-Id: \t id-1 \t\r\n\r\n");
    assert_string_equal(peer_field(&reply, "X-Request-Id"), "id-1"); /* RFC 9110, 5.5 */
    reply = peer_ask(*state, "GET / HTTP/1.1\r\n" HOST "X-Request-Id: a b\r\n\r\n");
    assert_int_equal(strlen(peer_field(&reply, "X-Request-Id")), 25);
    reply = peer_ask(*state, "GET / HTTP/1.1\r\n" HOST "X-Request-Id:\r\n\r\n");
    assert_int_equal(strlen(peer_field(&reply, "X-Request-Id")), 25);
}

/* Goal: what a handler returns is what the client reads, and -errno discloses nothing. */
static void test_status(void **state)
{
    struct peer_reply reply =
        peer_ask(*state, "POST /status HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n9");

    assert_true(peer_is_problem(&reply, 422, "image-corrupt"));
    assert_non_null(strstr(reply.body, "as \\\"asked\\\" \\u0001\xef\xbf\xbd\""));
    reply = peer_ask(*state, "POST /status HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n15");
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_string_equal(peer_field(&reply, "Retry-After"), "1");
    reply = peer_ask(*state, "POST /status HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n-5");
    assert_true(peer_is_problem(&reply, 500, "internal"));
    assert_null(strstr(reply.body, "asked"));
    reply = peer_ask(*state, "POST /status HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n-12");
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_string_equal(peer_field(&reply, "Retry-After"), "1");
    assert_null(strstr(reply.body, "asked"));
    reply = peer_ask(*state, "POST /status HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n17");
    assert_int_equal(reply.code, 0);
}

/* Goal: a refused body that is on its way is read, and the connection goes on. */
static void test_refusal_keeps_connection(void **state)
{
    static const struct {
        const char *path, *type;
        int code;
    } cases[] = {
        {"/none", "not-found", 404},
        {"/health", "method-not-allowed", 405},
        {"/echo?scale=7", "bad-parameter", 400},
        {"/full", "overloaded", 503},
    };
    int fd = peer_connect(*state);
    unsigned before = peer_handled();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct peer_reply reply;

        peer_send(fd, "POST %s HTTP/1.1\r\n" HOST "Content-Length: 500000\r\n\r\n", cases[i].path);
        assert_true(peer_send_body(fd, 500000));
        reply = peer_read(fd, false);
        assert_true(peer_is_problem(&reply, cases[i].code, cases[i].type));
        assert_false(reply.close);
        if (cases[i].code == 503)
            assert_string_equal(peer_field(&reply, "Retry-After"), "7");
    }
    assert_int_equal(peer_handled(), before);
    close(fd);
}

/* Goal: a body whose first bytes give it away is refused, long, short or chunked. */
static void test_peek(void **state)
{
    struct peer_reply reply;
    int fd = peer_connect(*state);
    unsigned before = peer_handled();

    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 400003\r\n\r\nBAD");
    assert_true(peer_send_body(fd, 400000));
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 415, "unsupported-format"));
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nBADx");
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 415, "unsupported-format"));
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                  "1\r\nB\r\n1\r\nA\r\n1\r\nD\r\n0\r\n\r\n");
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 415, "unsupported-format"));
    assert_int_equal(peer_handled(), before);
    close(fd);
}

/* Goal: a fault of the body is reported before a full server; a client that waits for 100 Continue
 * gets 503 at once; a short body is not refused here. */
static void test_admit(void **state)
{
    struct peer_reply reply;
    int fd = peer_connect(*state);

    peer_send(fd, "POST /full HTTP/1.1\r\n" HOST "Content-Length: 400003\r\n\r\nBAD");
    assert_true(peer_send_body(fd, 400000));
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 415, "unsupported-format"));
    peer_send(fd, "POST /full HTTP/1.1\r\n" HOST "Content-Length: 400000\r\n\r\n");
    assert_true(peer_send_body(fd, 400000));
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    peer_send(fd, "POST /full HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n",
              HTTP_ADMIT_BYTES - 1);
    assert_true(peer_send_body(fd, HTTP_ADMIT_BYTES - 1));
    reply = peer_read(fd, false);
    assert_int_equal(reply.code, 200);
    assert_int_equal(reply.body_size, HTTP_ADMIT_BYTES - 1);
    peer_send(fd,
              "POST /full HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_true(reply.close && peer_ends(fd));
    close(fd);
}

/* Goal: a body announced as too large is refused before any of it is read, and the client that
 * sends it all the same can still read why. */
static void test_too_large(void **state)
{
    struct peer_reply reply;
    int fd = peer_connect(*state);

    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000001\r\n"
                  "Expect: 100-continue\r\n\r\n");
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 413, "body-too-large"));
    assert_true(reply.close && peer_ends(fd));
    close(fd);

    fd = peer_connect(*state);
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 30000000\r\n\r\n");
    assert_true(peer_send_body(fd, 30000000));
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 413, "body-too-large"));
    assert_true(reply.close && peer_ends(fd));
    close(fd);
}

/* Goal: a chunked body is refused as soon as it is too large, and not before. */
static void test_chunked_too_large(void **state)
{
    struct peer_reply reply;
    int fd = peer_connect(*state);

    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nf4240\r\n");
    assert_true(peer_send_body(fd, 1000000));
    peer_send(fd, "\r\n0\r\n\r\n");
    reply = peer_read(fd, false);
    assert_int_equal(reply.code, 200);
    assert_int_equal(reply.body_size, 1000000);

    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1000000\r\n");
    assert_true(peer_send_body(fd, 3000000));
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 413, "body-too-large"));
    assert_non_null(peer_field(&reply, "Date"));
    assert_true(reply.close && peer_ends(fd));
    close(fd);
}

/* Goal: 100 Continue for a body that is wanted; the refusal, and no 100, for one that is not. */
static void test_expect(void **state)
{
    struct peer_reply reply;
    int fd = peer_connect(*state);

    peer_send(fd,
              "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(peer_read(fd, true).code, 100);
    peer_send(fd, "ok");
    reply = peer_read(fd, false);
    assert_int_equal(reply.code, 200);
    peer_send(fd,
              "POST /none HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 404, "not-found"));
    assert_true(reply.close && peer_ends(fd));
    close(fd);
}

/* Goal: requests sent at once are answered in order, a GET with a body among them. */
static void test_pipelining(void **state)
{
    struct peer_reply reply;
    int fd = peer_connect(*state);

    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na"
                  "GET /none HTTP/1.1\r\n" HOST "\r\n"
                  "GET / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody"
                  "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nb");
    reply = peer_read(fd, false);
    assert_string_equal(reply.body, "a");
    assert_int_equal(peer_read(fd, false).code, 404);
    assert_int_equal(peer_read(fd, false).code, 200);
    reply = peer_read(fd, false);
    assert_string_equal(reply.body, "b");
    close(fd);
}

/* Goal: HTTP/1.0 closes unless asked not to; Connection: close closes; a client that has closed
 * its sending half still gets its answer. */
static void test_connection_ends(void **state)
{
    int fd = peer_connect(*state);

    peer_send(fd, "GET / HTTP/1.0\r\n\r\n");
    assert_int_equal(peer_read(fd, false).code, 200);
    assert_true(peer_ends(fd));
    close(fd);
    fd = peer_connect(*state);
    peer_send(fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_int_equal(peer_read(fd, false).code, 200);
    peer_send(fd, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_int_equal(peer_read(fd, false).code, 200);
    assert_true(peer_ends(fd));
    close(fd);
    fd = peer_connect(*state);
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    shutdown(fd, SHUT_WR);
    assert_int_equal(peer_read(fd, false).code, 200);
    assert_true(peer_ends(fd));
    close(fd);
}

/* Goal: the deadline is the server's, or the caller's where that is less. */
static void test_deadline(void **state)
{
    static const struct {
        const char *field;
        int from, to;
    } cases[] = {{"", 5001, 10000},
                 {"X-Deadline-Ms: 5000\r\n", 1, 5000},
                 {"X-Deadline-Ms: 5000 \t\r\n", 1, 5000},
                 {"X-Deadline-Ms: 50000\r\n", 5001, 10000},
                 {"X-Deadline-Ms: x\r\n", 5001, 10000},
                 {"X-Deadline-Ms: 0\r\n", 5001, 10000}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "%sContent-Length: 1\r\n\r\na",
                 cases[i].field);
        assert_int_equal(peer_ask(*state, text).code, 200);
        assert_in_range(peer_last_deadline_ms(), cases[i].from, cases[i].to);
    }
}

/* Goal: a server does not start with a route whose parameters do not fit. */
static void test_too_many_parameters(void **state)
{
    static const struct http_parameter far = {
        .name = "far", .type = &http_type_integer, .offset = HTTP_MEMBERS_BYTES - 3};
    static const struct http_parameter_table tables[] = {
        {.rows = &far, .count = HTTP_PARAMETERS_MAX + 1}, {.rows = &far, .count = 1}};
    struct peer_server peer;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct http_route route = {.path = "/", .parameters = &tables[i]};

        peer_defaults(&peer);
        peer.options.routes = &route;
        peer.options.route_count = 1;
        assert_int_equal(http_server_new(&peer.server, &peer.options), -E2BIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_get_and_head, start, stop),
        cmocka_unit_test_setup_teardown(test_post, start, stop),
        cmocka_unit_test_setup_teardown(test_paths_and_methods, start, stop),
        cmocka_unit_test_setup_teardown(test_targets, start, stop),
        cmocka_unit_test_setup_teardown(test_long_query, start, stop),
        cmocka_unit_test_setup_teardown(test_request_id, start, stop),
        cmocka_unit_test_setup_teardown(test_status, start, stop),
        cmocka_unit_test_setup_teardown(test_refusal_keeps_connection, start, stop),
        cmocka_unit_test_setup_teardown(test_peek, start, stop),
        cmocka_unit_test_setup_teardown(test_admit, start, stop),
        cmocka_unit_test_setup_teardown(test_too_large, start, stop),
        cmocka_unit_test_setup_teardown(test_chunked_too_large, start, stop),
        cmocka_unit_test_setup_teardown(test_expect, start, stop),
        cmocka_unit_test_setup_teardown(test_pipelining, start, stop),
        cmocka_unit_test_setup_teardown(test_connection_ends, start, stop),
        cmocka_unit_test_setup_teardown(test_deadline, start, stop),
        cmocka_unit_test(test_too_many_parameters),
    };

    log_open("test_http_server", LOG_WARNING, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
