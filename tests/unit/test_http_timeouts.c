/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Clients that are too slow: with their request, or in taking the answer. Times are generous
 * upwards, for the machine may be busy, and strict downwards. */
#include "base/deadline.h"
#include "base/log.h"
#include "http_fixture.h"

#include <errno.h>
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

#define HOST "Host: test\r\n"

/* Much longer than anything here takes on a busy machine, and an order of magnitude more. */
enum { SHORT_MS = 1000, LATE_MS = 15000 };

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
    while (peer_elapsed_ms(since) < LATE_MS && send(dripping, "x", 1, MSG_NOSIGNAL) == 1)
        usleep(20000);
    assert_in_range(peer_elapsed_ms(since), SHORT_MS - 20, LATE_MS - 1);
    assert_true(peer_ends(fresh));
    kept = peer_connect(&peer);
    peer_send(kept, "GET / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(peer_read(kept, false).code, 200);
    since = clock_us();
    assert_true(peer_ends(kept));
    assert_in_range(peer_elapsed_ms(since), SHORT_MS - 20, LATE_MS);
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
    while (peer_elapsed_ms(since) < 2 * SHORT_MS &&
           send(dripping, "X: y\r\n", 6, MSG_NOSIGNAL) == 6)
        usleep(20000);
    reply = peer_read(dripping, false);
    assert_true(peer_is_problem(&reply, 408, "bad-request"));
    assert_true(reply.close && peer_ends(dripping));
    reply = peer_read(stalling, false);
    assert_in_range(peer_elapsed_ms(since), SHORT_MS - 20, LATE_MS);
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
    assert_in_range(peer_elapsed_ms(since), SHORT_MS - 20, LATE_MS);
    assert_true(peer_is_problem(&reply, 408, "body-timeout"));
    assert_true(reply.close && peer_ends(fd));
    peer_send_body(fd, 96); /* too late: the handler does not run for nobody */
    close(fd);
    fd = peer_connect(&peer);
    since = clock_us();
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    /* It goes on dripping after the answer, and can still read it. */
    while (peer_elapsed_ms(since) < 2 * SHORT_MS && send(fd, "1\r\nx\r\n", 6, MSG_NOSIGNAL) == 6)
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

enum { LEAVERS = 24, LEAVINGS = 100, LEAVE_MS = 30 };

/* Of a request that is not complete, all but the last one; /hold is, and its handler waits. */
static const char *const unfinished[] = {
    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nhalf",
    "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf",
    "POST /none HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nhalf",
    "GET / HTTP/1.1\r\n" HOST "X-Request-Id: ha",
    "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nhold",
};

static void *leave_at_the_limit(void *argument)
{
    const struct linger reset = {.l_onoff = 1};
    unsigned seed = (unsigned)(uintptr_t)argument;

    for (unsigned i = 0; i < LEAVINGS; i++) {
        const char *text = unfinished[(seed + i) % (sizeof(unfinished) / sizeof(unfinished[0]))];
        int fd = peer_connect(&peer);

        send(fd, text, strlen(text), MSG_NOSIGNAL); /* a busy server may be closing it already */
        usleep((useconds_t)(LEAVE_MS * 1000 - 500 + rand_r(&seed) % 2000));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fd);
    }
    return NULL;
}

/* Goal: clients that reset the connection in the very moment in which their time is over:
 * nothing is left of their requests, and nothing of them is touched any more (AddressSanitizer). */
static void test_reset_race(void **state)
{
    pthread_t threads[LEAVERS];

    (void)state;
    peer.options.body_timeout_ms = peer.options.idle_timeout_ms = LEAVE_MS;
    peer_start(&peer);
    for (uintptr_t i = 0; i < LEAVERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, leave_at_the_limit, (void *)i), 0);
    for (size_t i = 0; i < LEAVERS; i++)
        pthread_join(threads[i], NULL);
    peer_wait_held(0);
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
    peer.options.idle_timeout_ms = 2 * SHORT_MS;
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
        if (peer_elapsed_ms(since) < 4 * SHORT_MS)
            usleep(50000);
    }
    assert_true(got >= size);
    assert_true(peer_elapsed_ms(since) >= 4 * SHORT_MS);
    close(fd);

    fd = peer_connect(&peer);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    peer_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", size);
    assert_true(peer_send_body(fd, size));
    since = clock_us();
    do {
        usleep(20000);
        http_server_get_status(peer.server, &status);
    } while (status.requests > 0 && peer_elapsed_ms(since) < LATE_MS);
    assert_in_range(peer_elapsed_ms(since), 2 * SHORT_MS - 50, LATE_MS - 1);
    close(fd);
}

/* Goal: an answer that is taken, but not within answer_timeout_ms, is broken off, and what the
 * kernel holds of it is not delivered any more. */
static void test_answer_timeout(void **state)
{
    struct http_server_status status;
    int64_t since;
    int fd, small = 4096;
    char piece[1024];
    bool reset;
    ssize_t bytes = 0;
    size_t got = 0;

    (void)state;
    peer.options.answer_timeout_ms = 700;
    peer_start(&peer);
    fd = peer_connect(&peer);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    peer_send(fd, "POST /make HTTP/1.1\r\n" HOST "Content-Length: 8\r\n\r\n20000000");
    since = clock_us();
    do {
        usleep(20000);
        reset = recv(fd, piece, sizeof(piece), MSG_DONTWAIT) < 0 && errno == ECONNRESET;
        http_server_get_status(peer.server, &status);
    } while (!reset && status.connections > 0 && peer_elapsed_ms(since) < LATE_MS);
    assert_in_range(peer_elapsed_ms(since), 650, LATE_MS - 1);
    while (!reset && (bytes = recv(fd, piece, sizeof(piece), 0)) > 0)
        got += (size_t)bytes;
    assert_true(reset || (bytes < 0 && errno == ECONNRESET));
    assert_true(got < 100000);
    close(fd);
}

/* What a client does every 50 ms, until the server hangs up or all is done. */
struct slow_client {
    int fd;
    bool sends;       /* a body; else it takes an answer */
    size_t bytes;     /* in each step */
    int64_t ended_ms; /* when the server hung up; 0: it did not */
    int code;         /* of the answer to a body */
};

enum { RATE = 20000, SLOW_MS = 14000, STEP_MS = 50 };

static void *go_slowly(void *argument)
{
    char nothing[RATE] = {0};
    struct slow_client *client = argument;
    int64_t since = clock_us();

    while (peer_elapsed_ms(since) < SLOW_MS && client->ended_ms == 0) {
        ssize_t moved = client->sends ? send(client->fd, nothing, client->bytes, MSG_NOSIGNAL)
                                      : recv(client->fd, nothing, client->bytes, 0);

        if (moved <= 0 ||
            (client->sends && recv(client->fd, nothing, 1, MSG_DONTWAIT | MSG_PEEK) > 0))
            client->ended_ms = peer_elapsed_ms(since);
        usleep(STEP_MS * 1000);
    }
    if (client->sends && client->ended_ms != 0)
        client->code = peer_read(client->fd, false).code;
    return NULL;
}

/* Goal: a body that comes, and an answer that is taken, at less than the least rate end after the
 * ten seconds over which that is averaged; at twice or four times
 * the rate they go on. */
static void test_least_rate(void **state)
{
    struct slow_client clients[] = {
        {.sends = true, .bytes = RATE / 50},
        {.sends = true, .bytes = RATE / 10},
        {.sends = false, .bytes = RATE / 50},
        {.sends = false, .bytes = RATE / 5},
    };
    struct http_server_status status;
    pthread_t threads[4];
    int small = 32768;

    (void)state;
    peer.options.min_bytes_per_s = RATE;
    peer_start(&peer);
    for (size_t i = 0; i < 4; i++) {
        clients[i].fd = peer_connect(&peer);
        setsockopt(clients[i].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        peer_send(clients[i].fd, clients[i].sends ? "POST /echo HTTP/1.1\r\n" HOST
                                                    "Content-Length: 1000000\r\n\r\n"
                                                  : "POST /make HTTP/1.1\r\n" HOST
                                                    "Content-Length: 8\r\n\r\n20000000");
        assert_int_equal(pthread_create(&threads[i], NULL, go_slowly, &clients[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    http_server_get_status(peer.server, &status);
    assert_int_equal(status.requests, 2); /* what the slow reader has in its buffers it may read */
    assert_in_range(clients[0].ended_ms, 9900, SLOW_MS);
    assert_int_equal(clients[0].code, 408);
    assert_int_equal(clients[1].ended_ms, 0);
    assert_int_equal(clients[3].ended_ms, 0);
    for (size_t i = 0; i < 4; i++)
        close(clients[i].fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_idle, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_header_timeout, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_body_timeout, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_body_timeout_race, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_header_timeout_race, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_reset_race, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_slow_reader, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_answer_timeout, peer_setup, peer_teardown),
        cmocka_unit_test_setup_teardown(test_least_rate, peer_setup, peer_teardown),
    };

    log_open("test_http_timeouts", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
