/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http_peer.h"

#include "base/deadline.h"
#include "base/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Timeouts, limits and draining. Times are generous upwards, for the machine may be busy, and
 * strict downwards. */

#define HOST "Host: test\r\n"

enum { SHORT_MS = 200, LATE_MS = 3000 };

static struct peer_server peer;

static int defaults(void **state)
{
    (void)state;
    peer_defaults(&peer);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    peer_stop(&peer);
    return 0;
}

static int elapsed_ms(int64_t since_us)
{
    return (int)((clock_us() - since_us) / 1000);
}

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

/* Goal: a connection that is idle, new or kept, or whose request line drips, is closed in time. */
static void test_idle(void **state)
{
    int64_t since;
    int fresh, kept, dripping;

    (void)state;
    peer.options.idle_timeout_ms = SHORT_MS;
    peer_start(&peer);
    since = clock_us();
    fresh = peer_connect(&peer);
    dripping = peer_connect(&peer);
    peer_send(dripping, "GET /");
    while (elapsed_ms(since) < LATE_MS && send(dripping, "x", 1, MSG_NOSIGNAL) == 1)
        usleep(20000);
    assert_in_range(elapsed_ms(since), SHORT_MS - 20, LATE_MS - 1);
    assert_true(peer_ends(fresh));
    kept = peer_connect(&peer);
    peer_send(kept, "GET / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(peer_read(kept, false).code, 200);
    since = clock_us();
    assert_true(peer_ends(kept));
    assert_in_range(elapsed_ms(since), SHORT_MS - 20, LATE_MS);
    close(fresh);
    close(kept);
    close(dripping);
}

/* Goal: headers that stall or drip behind their request line end in 408 after idle_timeout_ms. */
static void test_header_timeout(void **state)
{
    struct peer_reply reply;
    int64_t since = clock_us();
    int stalling, dripping;

    (void)state;
    peer.options.idle_timeout_ms = SHORT_MS;
    peer_start(&peer);
    stalling = peer_connect(&peer);
    dripping = peer_connect(&peer);
    peer_send(stalling, "GET / HTTP/1.1\r\n" HOST "X-Request-Id: not-read-yet\r\n");
    peer_send(dripping, "GET / HTTP/1.1\r\n" HOST);
    while (elapsed_ms(since) < 2 * SHORT_MS && send(dripping, "X: y\r\n", 6, MSG_NOSIGNAL) == 6)
        usleep(20000);
    reply = peer_read(dripping, false);
    assert_true(peer_is_problem(&reply, 408, "bad-request"));
    assert_true(reply.close && peer_ends(dripping));
    reply = peer_read(stalling, false);
    assert_in_range(elapsed_ms(since), SHORT_MS - 20, LATE_MS);
    assert_true(peer_is_problem(&reply, 408, "bad-request"));
    assert_true(reply.close && peer_ends(stalling));
    close(stalling);
    close(dripping);
}

/* Goal: a body that stalls, and one that drips, end in 408 after body_timeout_ms, readable. */
static void test_body_timeout(void **state)
{
    unsigned before = peer_handled();
    struct peer_reply reply;
    int64_t since;
    int fd;

    (void)state;
    peer.options.body_timeout_ms = SHORT_MS;
    peer_start(&peer);
    fd = peer_connect(&peer);
    since = clock_us();
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nsome");
    reply = peer_read(fd, false);
    assert_in_range(elapsed_ms(since), SHORT_MS - 20, LATE_MS);
    assert_true(peer_is_problem(&reply, 408, "body-timeout"));
    assert_true(reply.close && peer_ends(fd));
    peer_send_body(fd, 96); /* too late: the handler does not run for nobody */
    close(fd);
    fd = peer_connect(&peer);
    since = clock_us();
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    /* It goes on dripping after the answer, and can still read it. */
    while (elapsed_ms(since) < 2 * SHORT_MS && send(fd, "1\r\nx\r\n", 6, MSG_NOSIGNAL) == 6)
        usleep(20000);
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 408, "body-timeout"));
    assert_true(peer_ends(fd));
    close(fd);
    assert_int_equal(peer_handled(), before);
}

struct race {
    const char *first, *last; /* of a request, in two pieces */
    int wait_ms;              /* between them */
    atomic_uint wrong, served;
};

static void *race(void *argument)
{
    struct race *race = argument;
    int fd = peer_connect(&peer);
    struct peer_reply reply;

    peer_send(fd, "%s", race->first);
    usleep((useconds_t)race->wait_ms * 1000);
    if (send(fd, race->last, strlen(race->last), MSG_NOSIGNAL) > 0) {
        reply = peer_read(fd, false);
        if (reply.code == 200)
            atomic_fetch_add(&race->served, 1);
        else if (reply.code != 408 || !peer_ends(fd))
            atomic_fetch_add(&race->wrong, 1);
    }
    close(fd);
    return NULL;
}

/* Many requests that expire at once, each being completed at that moment: each gets one answer, and
 * the handler runs for those that get its answer, no others. */
static void run_race(struct race *outcome)
{
    unsigned before = peer_handled();
    pthread_t threads[32];

    peer_start(&peer);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, outcome), 0);
    for (size_t i = 0; i < 32; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(outcome->wrong, 0);
    assert_int_equal(outcome->served, peer_handled() - before);
}

/* Goal: of a body and its timeout, one comes first. */
static void test_body_timeout_race(void **state)
{
    struct race outcome = {
        .first = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n1",
        .last = "2",
        .wait_ms = SHORT_MS - 1,
    };

    (void)state;
    peer.options.body_timeout_ms = SHORT_MS;
    run_race(&outcome);
}

/* Goal: of the end of the headers and their timeout, one comes first. */
static void test_header_timeout_race(void **state)
{
    struct race outcome = {
        .first = "POST /echo HTTP/1.1\r\n" HOST "X-Request-Id: race\r\n",
        .last = "Content-Length: 2\r\n\r\n12",
        .wait_ms = 3 * SHORT_MS - 1,
    };

    (void)state;
    peer.options.idle_timeout_ms = 3 * SHORT_MS; /* the request line must be read before */
    run_race(&outcome);
}

/* Goal: a client that takes nothing of its answer is hung up on; one that takes it slowly, for
 * longer than the timeout, is not. */
static void test_slow_reader(void **state)
{
    static char piece[65536];
    const size_t size = 8000000;
    struct http_server_status status;
    int64_t since;
    size_t got = 0;
    int fd, small = 65536;

    (void)state;
    peer.options.idle_timeout_ms = 400;
    peer.options.max_body_bytes = size;
    peer_start(&peer);
    fd = peer_connect(&peer);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", size);
    assert_true(peer_send_body(fd, size));
    since = clock_us();
    while (got < size) {
        ssize_t bytes = recv(fd, piece, sizeof(piece), 0);

        if (bytes <= 0)
            break;
        got += (size_t)bytes;
        if (elapsed_ms(since) < 1600)
            usleep(50000);
    }
    assert_true(got >= size);
    assert_true(elapsed_ms(since) >= 1600);
    close(fd);

    fd = peer_connect(&peer);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", size);
    assert_true(peer_send_body(fd, size));
    since = clock_us();
    do {
        usleep(20000);
        http_server_get_status(peer.server, &status);
    } while (status.requests > 0 && elapsed_ms(since) < 5000);
    assert_in_range(elapsed_ms(since), 350, 4000);
    close(fd);
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
    pthread_create(&thread, NULL, release_soon, NULL);
    since = clock_us();
    assert_true(http_server_drain(peer.server, 10000));
    assert_in_range(elapsed_ms(since), 250, LATE_MS);
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
    assert_in_range(elapsed_ms(since), SHORT_MS - 1, LATE_MS);
    peer.server = http_server_free(peer.server);
    assert_in_range(elapsed_ms(since), SHORT_MS - 1, LATE_MS);
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
        cmocka_unit_test_setup_teardown(test_idle, defaults, stop),
        cmocka_unit_test_setup_teardown(test_header_timeout, defaults, stop),
        cmocka_unit_test_setup_teardown(test_body_timeout, defaults, stop),
        cmocka_unit_test_setup_teardown(test_body_timeout_race, defaults, stop),
        cmocka_unit_test_setup_teardown(test_header_timeout_race, defaults, stop),
        cmocka_unit_test_setup_teardown(test_slow_reader, defaults, stop),
        cmocka_unit_test_setup_teardown(test_max_connections, defaults, stop),
        cmocka_unit_test_setup_teardown(test_max_connections_per_ip, defaults, stop),
        cmocka_unit_test_setup_teardown(test_inflight, defaults, stop),
        cmocka_unit_test_setup_teardown(test_client_goes, defaults, stop),
        cmocka_unit_test_setup(test_drain, defaults),
        cmocka_unit_test_setup(test_drain_is_bounded, defaults),
        cmocka_unit_test_setup_teardown(test_addresses, defaults, stop),
    };

    log_open("test_http_limits", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
