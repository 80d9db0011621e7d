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

static void *send_soon(void *argument)
{
    const int *fd = argument;

    usleep(SHORT_MS * 1000);
    peer_send(*fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    return NULL;
}

/* Goal: draining answers the requests in progress, closes what is idle at once, and takes nothing
 * new. */
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

/* Goal: who has connected before the end may send its first request in the second after it; who
 * does not is hung up on then, as is whoever had an answer before at once. */
static void test_drain_waits_for_a_first_request(void **state)
{
    int kept, silent, late;
    pthread_t thread;
    int64_t since;

    (void)state;
    peer_start(&peer);
    kept = peer_connect(&peer);
    peer_send(kept, "GET / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(peer_read(kept, false).code, 200);
    silent = peer_connect(&peer);
    late = peer_connect(&peer);
    pthread_create(&thread, NULL, send_soon, &late);
    since = clock_us();
    assert_true(http_server_drain(peer.server, 10000));
    assert_in_range(peer_elapsed_ms(since), 990, LATE_MS);
    pthread_join(thread, NULL);
    assert_int_equal(peer_read(late, false).code, 200);
    assert_true(peer_ends(silent) && peer_ends(kept));
    peer.server = http_server_free(peer.server);
    close(kept);
    close(silent);
    close(late);
}

/* Goal: a handler that outlasts drain_ms sees its client gone, and the server is freed. */
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
        cmocka_unit_test_setup_teardown(test_inflight, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_client_goes, peer_setup, peer_teardown),
        cmocka_unit_test_setup(test_drain, peer_setup),
        cmocka_unit_test_setup(test_drain_is_bounded, peer_setup),
        cmocka_unit_test_setup(test_drain_waits_for_a_first_request, peer_setup),
        cmocka_unit_test_setup_teardown(test_addresses, peer_setup, peer_teardown),
    };

    log_open("test_http_limits", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
