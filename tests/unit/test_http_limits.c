/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* What a server takes on at once, connections and bytes, and how it lets go of them: clients that
 * leave, draining, its address. */
#include "base/deadline.h"
#include "base/log.h"
#include "http_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: test\r\n"

enum { SHORT_MS = 200, LATE_MS = 20000 };

/* A client's close is noticed a little later. */
static void wait_for_connections(unsigned count)
{
    int64_t deadline = deadline_after_ms(LATE_MS);
    struct http_server_status status;

    do {
        usleep(1000);
        http_server_get_status(peer.server, &status);
    } while (status.connections != count && deadline_left_ms(deadline) > 0);
    assert_int_equal(status.connections, count);
}

/* Goal: beyond max_connections the answer is 503, but for a route that is always served; far
 * beyond, the connection is closed. */
static void test_max_connections(void **state)
{
    struct peer_reply reply;
    int fds[8 + 1 + 16];

    (void)state;
    peer.options.max_connections = 8;
    peer_start(&peer);
    for (size_t i = 0; i < 8; i++) {
        fds[i] = peer_connect(&peer);
        peer_send(fds[i], "GET / HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(peer_read(fds[i], false).code, 200);
    }
    fds[8] = peer_connect(&peer);
    for (size_t i = 0; i < 8; i++) { /* whoever was there before goes on */
        peer_send(fds[i], "GET / HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(peer_read(fds[i], false).code, 200);
    }
    peer_send(fds[8], "GET / HTTP/1.1\r\n" HOST "\r\n");
    reply = peer_read(fds[8], false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_non_null(peer_field(&reply, "Retry-After"));
    assert_true(reply.close && peer_ends(fds[8]));
    close(fds[8]);
    assert_int_equal(peer_ask(&peer, "GET /health HTTP/1.1\r\n" HOST "\r\n").code, 200);
    for (size_t i = 8; i < sizeof(fds) / sizeof(fds[0]); i++)
        fds[i] = peer_connect(&peer);
    assert_int_equal(peer_ask(&peer, "GET /none HTTP/1.1\r\n" HOST "\r\n").code, 0);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        close(fds[i]);
}

/* Goal: beyond max_connections_per_ip the answer is 503 for the connections that came last, until
 * one of the others ends; far beyond, the connection is closed. */
static void test_max_connections_per_ip(void **state)
{
    static const char get[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
    struct peer_reply reply;
    int fds[2 + 2 + 16];

    (void)state;
    peer.options.max_connections_per_ip = 2;
    peer_start(&peer);
    for (size_t i = 0; i < 4; i++)
        fds[i] = peer_connect(&peer);
    for (size_t i = 0; i < 3; i++)
        peer_send(fds[i], "%s", get);
    assert_int_equal(peer_read(fds[0], false).code, 200);
    assert_int_equal(peer_read(fds[1], false).code, 200);
    reply = peer_read(fds[2], false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_non_null(peer_field(&reply, "Retry-After"));
    assert_true(reply.close && peer_ends(fds[2]));
    assert_int_equal(peer_ask(&peer, "GET /health HTTP/1.1\r\n" HOST "\r\n").code, 200);
    close(fds[1]);
    close(fds[2]);
    wait_for_connections(2);
    peer_send(fds[3], "%s", get);
    assert_int_equal(peer_read(fds[3], false).code, 200);
    for (size_t i = 4; i < sizeof(fds) / sizeof(fds[0]); i++)
        fds[i] = peer_connect(&peer);
    assert_int_equal(peer_ask(&peer, get).code, 0);
    close(fds[0]);
    for (size_t i = 3; i < sizeof(fds) / sizeof(fds[0]); i++)
        close(fds[i]);
}

/* Goal: bytes in flight have their limit, known from Content-Length or met on the way. */
static void test_inflight(void **state)
{
    struct peer_reply reply;
    int held, fd;

    (void)state;
    peer.options.max_inflight_bytes = 1500000;
    peer_start(&peer);
    held = peer_connect(&peer);
    peer_send(held, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n\r\n");
    assert_true(peer_send_body(held, 900000));
    peer_wait_held(1);
    fd = peer_connect(&peer);
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n\r\n");
    assert_true(peer_send_body(fd, 900000));
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_false(reply.close);
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\ndbba0\r\n");
    assert_true(peer_send_body(fd, 900000));
    peer_send(fd, "\r\n0\r\n\r\n");
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 900003\r\n\r\nBAD");
    assert_true(peer_send_body(fd, 900000)); /* what is wrong with the body comes first */
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 415, "unsupported-format"));
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
    assert_int_equal(peer_read(fd, false).code, 200);
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n"
                  "Expect: 100-continue\r\n\r\n");
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_true(reply.close && peer_ends(fd));
    peer_release();
    assert_int_equal(peer_read(held, false).code, 200);
    close(fd);
    close(held);
}

/* Goal: a handler learns that its client has gone; nothing is left of the request. */
static void test_client_goes(void **state)
{
    struct linger reset = {.l_onoff = 1};
    int fd;

    (void)state;
    peer_start(&peer);
    fd = peer_connect(&peer);
    peer_send(fd, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
    peer_wait_held(1);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    peer_wait_held(0);
    fd = peer_connect(&peer); /* and in the middle of an upload */
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nx");
    close(fd);
}

static void *release_soon(void *argument)
{
    (void)argument;
    usleep(300000);
    peer_release();
    return NULL;
}

/* Goal: draining answers what is under way, closes what is idle at once, and takes nothing new. */
static void test_drain(void **state)
{
    struct peer_reply reply;
    int idle, fresh, held;
    pthread_t thread;
    int64_t since;

    (void)state;
    peer_start(&peer);
    idle = peer_connect(&peer);
    peer_send(idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(peer_read(idle, false).code, 200);
    fresh = peer_connect(&peer);
    held = peer_connect(&peer);
    peer_send(held, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
    peer_wait_held(1);
    since = clock_us();
    pthread_create(&thread, NULL, release_soon, NULL);
    assert_true(http_server_drain(peer.server, 2 * LATE_MS));
    assert_in_range(peer_elapsed_ms(since), 250, LATE_MS);
    pthread_join(thread, NULL);
    reply = peer_read(held, false);
    assert_int_equal(reply.code, 200);
    assert_true(reply.close && peer_ends(held));
    assert_true(peer_ends(idle));
    assert_true(peer_ends(fresh));
    peer.server = http_server_free(peer.server);
    close(idle);
    close(fresh);
    close(held);
}

/* Goal: what outlasts drain_ms is told that its client has gone, and the server is freed. */
static void test_drain_is_bounded(void **state)
{
    int64_t since;
    int held;

    (void)state;
    peer_start(&peer);
    held = peer_connect(&peer);
    peer_send(held, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
    peer_wait_held(1);
    since = clock_us();
    assert_false(http_server_drain(peer.server, SHORT_MS));
    assert_in_range(peer_elapsed_ms(since), SHORT_MS - 1, LATE_MS);
    peer.server = http_server_free(peer.server);
    assert_in_range(peer_elapsed_ms(since), SHORT_MS - 1, LATE_MS);
    assert_int_equal(peer_held(), 0);
    close(held);
}

/* Goal: addresses: dual stack, a port that is taken, no address at all. */
static void test_addresses(void **state)
{
    struct http_server *second = NULL;
    struct http_server_options options;

    (void)state;
    peer.options.ip = "::";
    peer_start(&peer);
    assert_true(http_server_port(peer.server) > 0);
    /* The helper connects over IPv4. */
    assert_int_equal(peer_ask(&peer, "GET / HTTP/1.1\r\n" HOST "\r\n").code, 200);
    options = peer.options;
    options.ip = http_server_ip(peer.server);
    options.port = http_server_port(peer.server);
    assert_int_equal(http_server_new(&second, &options), -EADDRINUSE);
    options.ip = "localhost";
    assert_int_equal(http_server_new(&second, &options), -EINVAL);
    options.ip = "";
    assert_int_equal(http_server_new(&second, &options), -EINVAL);
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_max_connections, peer_set_up, peer_tear_down),
        cmocka_unit_test_setup_teardown(test_max_connections_per_ip, peer_set_up, peer_tear_down),
        cmocka_unit_test_setup_teardown(test_inflight, peer_set_up, peer_tear_down),
        cmocka_unit_test_setup_teardown(test_client_goes, peer_set_up, peer_tear_down),
        cmocka_unit_test_setup(test_drain, peer_set_up),
        cmocka_unit_test_setup(test_drain_is_bounded, peer_set_up),
        cmocka_unit_test_setup_teardown(test_addresses, peer_set_up, peer_tear_down),
    };

    log_open("test_http_limits", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
