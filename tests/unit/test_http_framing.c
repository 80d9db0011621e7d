/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http_peer.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Header sections that two readers could read in two ways. Each is refused, the connection closes,
 * and a request smuggled behind it is not served. */

#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

struct wire_text {
    const char *text;
    size_t size;
};

static struct peer_server peer;

static int start(void **state)
{
    (void)state;
    peer_defaults(&peer);
    peer_start(&peer);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    peer_stop(&peer);
    return 0;
}

/* `ends` may be NULL: whether the connection ends is then of no interest. */
static struct peer_reply ask(const struct wire_text *request, bool *ends)
{
    struct peer_reply reply;
    int fd = peer_connect(&peer);

    peer_send_bytes(fd, request->text, request->size);
    reply = peer_read(fd, false);
    if (ends != NULL)
        *ends = reply.code != 0 && peer_ends(fd);
    close(fd);
    return reply;
}

static void expect_refused(const struct wire_text *requests, size_t count, int code,
                           const char *type)
{
    for (size_t i = 0; i < count; i++) {
        unsigned before = peer_handled();
        bool ends;
        struct peer_reply reply = ask(&requests[i], &ends);

        if (!peer_is_problem(&reply, code, type) || !reply.close || !ends)
            fail_msg("row %zu (%s): %s%s", i, requests[i].text, reply.head, reply.body);
        assert_int_equal(peer_handled(), before);
    }
}

/* Goal: a length that is given twice, or beside a coding, is contradictory. */
static void test_contradictions(void **state)
{
    static const struct wire_text requests[] = {
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
              "\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4"
              "\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
    };

    (void)state;
    expect_refused(requests, sizeof(requests) / sizeof(requests[0]), 400, "bad-request");
}

/* Goal: bytes that the library would hide or let pass. */
static void test_hidden_bytes(void **state)
{
    static const struct wire_text requests[] = {
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nX: a\0\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\0\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\n\0X: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX\t: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX(y): a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX\rY: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n"),
        BYTES("G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("G\0T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /\0x HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct peer_reply reply = ask(&requests[i], NULL);

        if (!peer_is_problem(&reply, 400, "bad-request"))
            fail_msg("row %zu (%s): %s%s", i, requests[i].text, reply.head, reply.body);
    }
}

/* Goal: a line that ends in LF alone, or goes on in the next, is refused wherever it stands. */
static void test_line_ends(void **state)
{
    static const struct wire_text requests[] = {
        BYTES("GET / HTTP/1.1\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\n\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\n\n"),
        BYTES("GET / HTTP/1.1\nHost: a\n\n"),
        BYTES("GET / HTTP/1.0\n\n"),
        BYTES("GET / HTTP/1.0\r\n\n"),
        BYTES("GET / HTTP/1.0\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nX: a\r\n\tb\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n \r\n\r\n"),
    };

    (void)state;
    expect_refused(requests, sizeof(requests) / sizeof(requests[0]), 400, "bad-request");
}

/* Goal: a transfer coding other than exactly chunked is not implemented, and does not hang. */
static void test_codings(void **state)
{
    static const struct wire_text requests[] = {
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
              "Transfer-Encoding: gzip\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
              "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    };

    (void)state;
    expect_refused(requests, sizeof(requests) / sizeof(requests[0]), 501, "not-implemented");
}

/* Goal: a length beyond every number is too large, not a hang. */
static void test_large_lengths(void **state)
{
    static const struct wire_text requests[] = {
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 00001000001\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nab"),
    };

    (void)state;
    expect_refused(requests, sizeof(requests) / sizeof(requests[0]), 413, "body-too-large");
}

/* Goal: where the library would answer by itself, with a doubled status line, ours is the one
 * answer. */
static void test_refused_by_the_library(void **state)
{
    static const struct wire_text requests[] = {
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nX\0Y: z\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n"),
    };

    (void)state;
    expect_refused(requests, sizeof(requests) / sizeof(requests[0]), 400, "bad-request");
}

/* Goal: the id that came before the fault is in the answer. */
static void test_id_of_a_refusal(void **state)
{
    struct peer_reply reply = peer_ask(&peer, "POST /echo HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine"
                                              "\r\nContent-Length: x\r\n\r\n");

    (void)state;
    assert_string_equal(peer_field(&reply, "X-Request-Id"), "mine");
}

/* Goal: what the checks could mistake for the above is served: many fields, long ones, empty ones,
 * blanks around values, a byte above 127, an empty line before the request. */
static void test_lawful_sections(void **state)
{
    static const struct wire_text requests[] = {
        BYTES("GET / HTTP/1.1\r\nHost:a\r\nX:\r\nY: \t v w\t \r\nZ: caf\xc3\xa9\r\n\r\n"),
        BYTES("\r\nGET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: \r\nCookie: a=b; c=\"d\"; e\r\n\r\n"),
        BYTES("GET / HTTP/1.0\r\n\r\n"),
        BYTES("GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
              "Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
        BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0001\r\n\r\na"),
    };
    char many[20000] = "GET / HTTP/1.1\r\nHost: a\r\n";

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct peer_reply reply = ask(&requests[i], NULL);

        if (reply.code != 200)
            fail_msg("row %zu (%s): %s%s", i, requests[i].text, reply.head, reply.body);
    }
    for (size_t i = 0; i < 100; i++)
        sprintf(many + strlen(many), "X-Field-%zu: %0*d\r\n", i, (int)(i * 2), 1);
    strcat(many, "\r\n");
    assert_int_equal(peer_ask(&peer, many).code, 200);
}

/* Goal: the same in pieces of every size: what the library moved in its memory is not mistaken. */
static void test_lawful_pieces(void **state)
{
    char text[9000] = "POST /echo?scale=0.5 HTTP/1.1\r\nHost: a\r\nX-Long: ";
    size_t length;

    (void)state;
    memset(text + strlen(text), 'v', 8000);
    strcat(text, "\r\nContent-Length: 4\r\n\r\nbody");
    length = strlen(text);
    for (size_t piece = 1; piece < length; piece = piece * 3 + 1) {
        struct peer_reply reply;
        int fd = peer_connect(&peer);

        for (size_t at = 0; at < length; at += piece)
            peer_send_bytes(fd, text + at, at + piece < length ? piece : length - at);
        reply = peer_read(fd, false);
        assert_int_equal(reply.code, 200);
        assert_string_equal(reply.body, "body");
        close(fd);
    }
}

/* Goal: a header section or request line beyond the library's memory is refused, not read on. */
static void test_endless_section(void **state)
{
    static char line[70000];
    struct peer_reply reply;
    int fd = peer_connect(&peer);

    (void)state;
    memset(line, 'a', sizeof(line) - 1);
    peer_send(fd, "GET / HTTP/1.1\r\nHost: a\r\nX: %s", line);
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 431, "bad-request"));
    assert_true(reply.close && peer_ends(fd));
    close(fd);
    fd = peer_connect(&peer);
    peer_send(fd, "GET /%s", line);
    reply = peer_read(fd, false);
    assert_int_equal(reply.code, 414);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_contradictions, start, stop),
        cmocka_unit_test_setup_teardown(test_hidden_bytes, start, stop),
        cmocka_unit_test_setup_teardown(test_line_ends, start, stop),
        cmocka_unit_test_setup_teardown(test_codings, start, stop),
        cmocka_unit_test_setup_teardown(test_large_lengths, start, stop),
        cmocka_unit_test_setup_teardown(test_refused_by_the_library, start, stop),
        cmocka_unit_test_setup_teardown(test_id_of_a_refusal, start, stop),
        cmocka_unit_test_setup_teardown(test_lawful_sections, start, stop),
        cmocka_unit_test_setup_teardown(test_lawful_pieces, start, stop),
        cmocka_unit_test_setup_teardown(test_endless_section, start, stop),
    };

    log_open("test_http_framing", LOG_WARNING, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
