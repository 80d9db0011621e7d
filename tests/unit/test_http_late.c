/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* A watchdog that is late: a phase ends while its timeout is due or being reported. The linker puts
 * the functions here between the files of lib/http (-Wl,--wrap), so that what takes a rare moment
 * elsewhere takes long enough here to happen each time. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "http/exchange.h"
#include "http/request_internal.h"
#include "http_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SHORT_MS = 150, PATIENCE_MS = 10000 };

void __real_request_free(struct http_request *request);
void __wrap_request_free(struct http_request *request);
void __real_exchange_expired(void *request, enum lateness lateness);
void __wrap_exchange_expired(void *request, enum lateness lateness);

static _Atomic uintptr_t freed;
static atomic_uint frees, expired_after_free;

/* Between the freeing of a request and whatever its connection's thread does next, its timeout is
 * due, and the watchdog has time to see to it. */
void __wrap_request_free(struct http_request *request)
{
    atomic_store(&freed, (uintptr_t)request);
    __real_request_free(request);
    usleep(2 * SHORT_MS * 1000);
    atomic_fetch_add(&frees, 1);
}

void __wrap_exchange_expired(void *request, enum lateness lateness)
{
    if ((uintptr_t)request == atomic_load(&freed))
        atomic_fetch_add(&expired_after_free, 1);
    else
        __real_exchange_expired(request, lateness);
}

static void hang_up(int fd, bool reset)
{
    struct linger at_once = {.l_onoff = 1};

    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

/* Sends this, is read, hangs up, and waits until its request is over; false: the machine was so
 * busy that the connection had timed out before. */
static bool send_and_leave(const char *text, bool reset)
{
    int64_t deadline = deadline_after_ms(PATIENCE_MS / 5);
    struct http_server_status status = {0};
    unsigned before = atomic_load(&frees);
    int fd = peer_connect(&peer);

    peer_send(fd, "%s", text);
    while (status.requests == 0 && deadline_left_ms(deadline) > 0)
        http_server_get_status(peer.server, &status);
    hang_up(fd, reset);
    while (atomic_load(&frees) == before && deadline_left_ms(deadline) > 0)
        usleep(1000);
    return atomic_load(&frees) > before;
}

/* Goal: the watchdog never gets to see a request that is over, however late it is: where the client
 * left in the middle of its header section, of a body, and of one that nobody wants. */
static void test_client_leaves_within_a_phase(void **state)
{
    static const char *const beginnings[] = {
        "POST /echo HTTP/1.1\r\nHost: a\r\nX-Request-Id: half",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf",
        "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
    };

    (void)state;
    peer.options.body_timeout_ms = peer.options.idle_timeout_ms = SHORT_MS;
    peer_start(&peer);
    for (size_t i = 0; i < 2 * ARRAY_LENGTH(beginnings); i++) {
        int64_t deadline = deadline_after_ms(PATIENCE_MS);

        while (!send_and_leave(beginnings[i / 2], i % 2 == 0))
            assert_true(deadline_left_ms(deadline) > 0);
    }
    assert_int_equal(atomic_load(&expired_after_free), 0);
}

/* --- timeouts.c alone ------------------------------------------------------------------------- */

static atomic_bool reporting, reported;

static void report_slowly(void *argument, enum lateness lateness)
{
    atomic_bool *alive = argument;

    assert_int_equal(lateness, LATE_BODY);
    atomic_store(&reporting, true);
    usleep(SHORT_MS * 1000);
    atomic_store(&reported, atomic_load(alive));
}

/* Goal: a thread that leaves a phase while its timeout is being reported waits until that is done,
 * learns of it, and may then free the request; if it leaves before, nothing is reported. */
static void test_leaving_waits(void **state)
{
    const struct timeouts_options options = {.limits = {.idle_ms = 60000, .body_ms = SHORT_MS},
                                             .hangup_ms = 60000,
                                             .expired = report_slowly};
    struct timeouts *timeouts;
    atomic_bool alive = true;
    struct watch *watch;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(timeouts_new(&timeouts, &options), 0);
    watch = timeouts_add(timeouts, ends[0]);
    assert_non_null(watch);
    assert_true(timeouts_enter(timeouts, watch, PHASE_BODY, NULL));
    assert_true(timeouts_enter(timeouts, watch, PHASE_HANDLER, NULL));
    usleep(2 * SHORT_MS * 1000);
    assert_false(atomic_load(&reporting));
    assert_true(timeouts_enter(timeouts, watch, PHASE_BODY, &alive));
    while (!atomic_load(&reporting))
        usleep(100);
    assert_false(timeouts_enter(timeouts, watch, PHASE_HANDLER, NULL));
    assert_true(atomic_load(&reported));
    timeouts_remove(timeouts, watch);
    timeouts_free(timeouts);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_client_leaves_within_a_phase, peer_setup,
                                        peer_teardown),
        cmocka_unit_test(test_leaving_waits),
    };

    log_open("test_http_late", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
