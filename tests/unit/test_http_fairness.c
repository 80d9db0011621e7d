/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* One client beside others: what it may have of the connections and of the bytes in flight, and who
 * it is where a proxy is in between. 127.0.0.N are as many clients. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "config/program.h"
#include "http/admission.h"
#include "http/request_internal.h"
#include "http_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: test\r\n"
#define GET  "GET / HTTP/1.1\r\n" HOST "\r\n"

enum { GREEDY = 2, HONEST = 3, LATE_MS = 3000 };

static char *all_proxies[] = {(char[]){"127.0.0.1"}, NULL};

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

static int code_of(int fd, const char *request)
{
    struct peer_reply reply;

    peer_send(fd, "%s", request);
    reply = peer_read(fd, false);
    if (reply.code == 503)
        assert_true(peer_is_problem(&reply, 503, "overloaded"));
    return reply.code;
}

static int ask_from(unsigned host, const char *request)
{
    int fd = peer_connect_from(&peer, host), code = code_of(fd, request);

    close(fd);
    return code;
}

/* Connections of a client, each with a request in progress. */
static void hold(int *fds, size_t count, unsigned host)
{
    for (size_t i = 0; i < count; i++) {
        fds[i] = peer_connect_from(&peer, host);
        peer_send(fds[i], "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
    }
}

static void wait_for(bool (*condition)(const struct http_server_status *status))
{
    int64_t deadline = deadline_after_ms(30000);
    struct http_server_status status;

    do {
        usleep(1000);
        http_server_get_status(peer.server, &status);
    } while (!condition(&status) && deadline_left_ms(deadline) > 0);
    assert_true(condition(&status));
}

static bool has_no_request(const struct http_server_status *status)
{
    return status->requests == 0;
}

/* In that order: a client has its answer before the server knows that its connection idles. */
static void idle(int *fds, size_t count, unsigned host)
{
    for (size_t i = 0; i < count; i++) {
        fds[i] = peer_connect_from(&peer, host);
        assert_int_equal(code_of(fds[i], GET), 200);
        wait_for(has_no_request);
    }
}

/* Goal: where all connections are busy, a new one gets 503, except for a route that is always
 * served; those that were there go on; there are few places for such ones, and whoever holds one
 * without asking gives way. */
static void test_full_of_requests(void **state)
{
    int held[8],
        silent[24]; /* of 17 places; as many are for connections whose threads are ending */

    (void)state;
    peer.options.max_connections = ARRAY_LENGTH(held);
    peer_start(&peer);
    hold(held, ARRAY_LENGTH(held), GREEDY);
    peer_wait_held(ARRAY_LENGTH(held));
    assert_int_equal(ask_from(HONEST, GET), 503);
    for (size_t i = 0; i < ARRAY_LENGTH(silent); i++) {
        silent[i] = peer_connect_from(&peer, 10 + (unsigned)i % 20);
        peer_send(silent[i], "GET / HTTP/1.1\r\n" HOST "X-Drip: ");
    }
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(ask_from(HONEST, "GET /health HTTP/1.1\r\n" HOST "\r\n"), 200);
    peer_release();
    for (size_t i = 0; i < ARRAY_LENGTH(held); i++)
        assert_int_equal(peer_read(held[i], false).code, 200);
    close_all(held, ARRAY_LENGTH(held));
    close_all(silent, ARRAY_LENGTH(silent));
}

/* Goal: where connections idle, the one that has idled longest is closed for a new one. */
static void test_full_of_idle_connections(void **state)
{
    int fds[8], more[4];

    (void)state;
    peer.options.max_connections = ARRAY_LENGTH(fds);
    peer_start(&peer);
    idle(fds, ARRAY_LENGTH(fds), GREEDY);
    assert_int_equal(code_of(fds[0], GET), 200); /* now it is the one that idled least */
    idle(more, ARRAY_LENGTH(more), HONEST);
    for (size_t i = 1; i <= 4; i++)
        assert_true(peer_ends(fds[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
        assert_true((i >= 1 && i <= 4) || code_of(fds[i], GET) == 200);
    close_all(fds, ARRAY_LENGTH(fds));
    close_all(more, ARRAY_LENGTH(more));
}

/* Goal: a client that has as many connections as it may has its own closed, or gets 503, and
 * others notice nothing. */
static void test_full_for_one_client(void **state)
{
    int other, fds[4], held[4], more[30];

    (void)state;
    peer.options.max_connections_per_ip = 4;
    peer_start(&peer);
    idle(&other, 1, HONEST);
    idle(fds, 4, GREEDY);
    hold(held, 4, GREEDY);
    peer_wait_held(4);
    for (size_t i = 0; i < 4; i++)
        assert_true(peer_ends(fds[i]));
    assert_int_equal(ask_from(GREEDY, GET), 503);
    for (size_t i = 0; i < ARRAY_LENGTH(more); i++)
        more[i] = peer_connect_from(&peer, GREEDY);
    assert_int_equal(ask_from(GREEDY, "GET /health HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_true(peer_ends(more[0])); /* there are 16 places */
    assert_int_equal(code_of(other, GET), 200);
    assert_int_equal(ask_from(HONEST, GET), 200);
    peer_release();
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(peer_read(held[i], false).code, 200);
    assert_int_equal(ask_from(GREEDY, GET), 200);
    close(other);
    close_all(fds, 4);
    close_all(held, 4);
    close_all(more, ARRAY_LENGTH(more));
}

/* Goal: a proxy has no limit of its own; its clients have, and its connections count for whom it
 * speaks at that moment. */
static void test_proxy_connections(void **state)
{
    static const char get[] = "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For: 192.0.2.%d\r\n\r\n";
    static const char wait[] = "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
                               "X-Forwarded-For: 192.0.2.1\r\n\r\nx";
    struct peer_reply reply;
    int fds[12];

    (void)state;
    peer.options.max_connections_per_ip = 4;
    peer.options.trusted_proxies = all_proxies;
    peer_start(&peer);
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
        fds[i] = peer_connect(&peer);
    for (size_t i = 0; i < 4; i++)
        peer_send(fds[i], wait);
    peer_wait_held(4);
    for (size_t i = 0; i < 2; i++) { /* twice: a proxy's connection is not closed for its client */
        peer_send(fds[4], get, 1);
        reply = peer_read(fds[4], false);
        assert_true(peer_is_problem(&reply, 503, "overloaded"));
        assert_false(reply.close);
    }
    for (size_t i = 4; i < ARRAY_LENGTH(fds); i++) {
        peer_send(fds[i], get, 2);
        assert_int_equal(peer_read(fds[i], false).code, 200);
    }
    for (size_t i = 4; i < ARRAY_LENGTH(fds); i++) /* without a usable entry: as for any client */
        assert_int_equal(code_of(fds[i], GET), 200);
    peer_release();
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(peer_read(fds[i], false).code, 200);
    peer_send(fds[4], get, 1);
    assert_int_equal(peer_read(fds[4], false).code, 200);
    close_all(fds, ARRAY_LENGTH(fds));
}

/* Goal: who the client is: whom a proxy names, and nobody else is believed. */
static void test_who_is_the_client(void **state)
{
    static const char ask[] = "POST /client HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
                              "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 192.0.2.1\r\n\r\nx";
    struct peer_reply reply;
    int fd;

    (void)state;
    peer.options.trusted_proxies = all_proxies;
    peer_start(&peer);
    reply = peer_ask(&peer, ask);
    assert_string_equal(reply.body, "192.0.2.1 1");
    fd = peer_connect_from(&peer, GREEDY);
    peer_send(fd, ask);
    assert_string_equal(peer_read(fd, false).body, "127.0.0.2 1");
    close(fd);
}

static size_t inflight(void)
{
    struct http_server_status status;

    http_server_get_status(peer.server, &status);
    return status.inflight_bytes;
}

enum { ANSWERS = 20, ANSWER_BYTES = 12000000 };

/* Goal: answers that nobody takes are held up to the client's share, and others get theirs. */
static void test_answers_that_nobody_takes(void **state)
{
    static const char make[] = "POST /make HTTP/1.1\r\n" HOST "Content-Length: 8\r\n\r\n12000000";
    int fds[ANSWERS], fd, small = 4096;
    int64_t deadline;

    (void)state;
    peer.options.max_client_bytes = 2 * ANSWER_BYTES + 1;
    peer.options.max_inflight_bytes = 3 * ANSWER_BYTES + 1;
    peer_start(&peer);
    for (size_t i = 0; i < ANSWERS; i++) {
        fds[i] = peer_connect_from(&peer, GREEDY);
        setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        peer_send(fds[i], make);
    }
    deadline = deadline_after_ms(LATE_MS);
    while (inflight() < 2 * ANSWER_BYTES && deadline_left_ms(deadline) > 0)
        usleep(1000);
    assert_int_equal(inflight(), 2 * ANSWER_BYTES);
    assert_int_equal(ask_from(GREEDY, make), 503);
    fd = peer_connect_from(&peer, HONEST);
    peer_send(fd, make);
    peer_skip(fd, ANSWER_BYTES);
    close(fd);
    assert_true(inflight() <= 3 * ANSWER_BYTES);
    close_all(fds, ANSWERS);
}

/* Goal: bodies short of their last bytes, announced or in chunks, hold the client's share and no
 * more. */
static void test_bodies_without_their_end(void **state)
{
    static const char *const heads[] = {"Content-Length: 900000\r\n\r\n",
                                        "Transfer-Encoding: chunked\r\n\r\nfffff\r\n"};
    int fds[8];

    (void)state;
    peer.options.max_inflight_bytes = 4000000;
    peer.options.max_client_bytes = 1000000;
    peer_start(&peer);
    for (size_t h = 0; h < ARRAY_LENGTH(heads); h++) {
        for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
            fds[i] = peer_connect_from(&peer, GREEDY);
            peer_send(fds[i], "POST /echo HTTP/1.1\r\n" HOST "%s", heads[h]);
            assert_true(peer_send_body(fds[i], 899900));
        }
        assert_true(inflight() <= 1000000);
        for (unsigned host = HONEST; host < HONEST + 2; host++) {
            int fd = peer_connect_from(&peer, host);

            peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n\r\n");
            assert_true(peer_send_body(fd, 900000));
            assert_int_equal(peer_read(fd, false).code, 200);
            close(fd);
        }
        close_all(fds, ARRAY_LENGTH(fds));
    }
}

static bool has_a_body(const struct http_server_status *status)
{
    return status->inflight_bytes >= 900000;
}

/* Goal: the same through a proxy, whose clients are distinguished. */
static void test_bytes_through_a_proxy(void **state)
{
    static const char head[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n"
                               "X-Forwarded-For: 2001:db8:0:%x::%x\r\n\r\n";
    struct peer_reply reply;
    int held, fd;

    (void)state;
    peer.options.max_inflight_bytes = 4000000;
    peer.options.max_client_bytes = 1000000;
    peer.options.trusted_proxies = all_proxies;
    peer_start(&peer);
    held = peer_connect(&peer);
    peer_send(held, head, 1, 1);
    assert_true(peer_send_body(held, 899900));
    wait_for(has_a_body);
    fd = peer_connect(&peer);
    peer_send(fd, head, 1, 2); /* of the same /64 */
    assert_true(peer_send_body(fd, 900000));
    reply = peer_read(fd, false);
    assert_true(peer_is_problem(&reply, 503, "overloaded"));
    assert_non_null(strstr(reply.body, "of this client"));
    peer_send(fd, head, 2, 1);
    assert_true(peer_send_body(fd, 900000));
    assert_int_equal(peer_read(fd, false).code, 200);
    close(fd);
    close(held);
}

/* Goal: the bound on memory counts every connection that the library may have. */
static void test_memory_bound(void **state)
{
    enum { CONNECTION_KIB = 672 };
    struct settings settings = {.pool.workers = 1};
    uint64_t none = settings_memory_bound(&settings) - admission_places(0) * CONNECTION_KIB * 1024;

    (void)state;
    for (unsigned connections = 1; connections < 5000; connections++) {
        settings.listen.max_connections = connections;
        assert_int_equal(settings_memory_bound(&settings) - none,
                         (uint64_t)admission_places(connections) * CONNECTION_KIB * 1024);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_bound),
        cmocka_unit_test_setup_teardown(test_full_of_requests, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_full_of_idle_connections, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_full_for_one_client, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_proxy_connections, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_who_is_the_client, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_answers_that_nobody_takes, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_bodies_without_their_end, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_bytes_through_a_proxy, peer_setup, peer_teardown),
    };

    log_open("test_http_fairness", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
