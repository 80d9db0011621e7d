/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/rate.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Whether a connection is too slow, looked at more often than there are seconds: the looks count.
 */

enum { LEAST = 100 }; /* bytes a second: 1000 in RATE_MS */

struct ends {
    int ours, theirs;
};

static struct ends connect_ends(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct ends ends;

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ends.theirs = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(ends.theirs, (struct sockaddr *)&address, size), 0);
    ends.ours = accept(listener, NULL, NULL);
    assert_true(ends.ours >= 0);
    close(listener);
    return ends;
}

static void close_ends(const struct ends *ends)
{
    close(ends->ours);
    close(ends->theirs);
}

/* Moves bytes to the other end, or into its buffer. */
static void move(int from, int to, size_t size, bool read)
{
    static char bytes[100000];
    int there = 0;

    assert_int_equal(send(from, bytes, size, 0), (ssize_t)size);
    while (there < (int)size) /* the loopback's own thread is quick, but not at once */
        assert_int_equal(ioctl(to, FIONREAD, &there), 0);
    if (read)
        assert_int_equal(recv(to, bytes, size, MSG_WAITALL), (ssize_t)size);
}

/* Looks until the rate is too low, moving so much between; how many looks that took,
 * 0: a hundred were not enough. */
static unsigned looks_until_slow(struct rate *rate, const struct ends *ends, size_t bytes)
{
    for (unsigned look = 1; look <= 100; look++) {
        if (rate_is_below(rate, ends->ours, RATE_RECEIVED, LEAST))
            return look;
        if (bytes > 0)
            move(ends->theirs, ends->ours, bytes, true);
    }
    return 0;
}

/* Goal: the rate of the last ten seconds is what counts: at the least rate never, below it after
 * ten seconds, and so long after a burst, too. */
static void test_received(void **state)
{
    struct ends ends = connect_ends();
    struct rate rate = {0};

    (void)state;
    assert_int_equal(looks_until_slow(&rate, &ends, 0), 11);
    rate = (struct rate){0};
    assert_int_equal(looks_until_slow(&rate, &ends, LEAST - 1), 11);
    rate = (struct rate){0};
    assert_int_equal(looks_until_slow(&rate, &ends, LEAST), 0);
    move(ends.theirs, ends.ours, 50000, true);
    assert_int_equal(looks_until_slow(&rate, &ends, 1), 11);
    close_ends(&ends);
}

/* Goal: few bytes that are not read yet are the peer's slowness, many are ours. */
static void test_unread(void **state)
{
    struct ends ends = connect_ends();
    struct rate rate = {0};
    uint64_t bytes = 0;

    (void)state;
    move(ends.theirs, ends.ours, 100, false);
    assert_int_equal(looks_until_slow(&rate, &ends, 0), 11);
    rate = (struct rate){0};
    assert_int_equal(send(ends.theirs, (char[20000]){0}, 20000, 0), 20000);
    while (rate_bytes(ends.ours, RATE_RECEIVED, &bytes) && bytes < 20100)
        ;
    assert_int_equal(looks_until_slow(&rate, &ends, 0), 0);
    close_ends(&ends);
}

/* Goal: of an answer, what the peer has taken counts, and nothing is held against it while all that
 * was sent is taken. */
static void test_taken(void **state)
{
    struct ends ends = connect_ends();
    struct rate rate = {0};
    char bytes[4096] = {0};
    uint64_t taken = 0;
    bool slow = false;

    (void)state;
    for (unsigned look = 0; look < 20; look++)
        assert_false(rate_is_below(&rate, ends.ours, RATE_TAKEN, LEAST));
    while (send(ends.ours, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        ;
    for (unsigned look = 0; look < 11; look++)
        slow = rate_is_below(&rate, ends.ours, RATE_TAKEN, LEAST);
    assert_true(slow);
    assert_true(rate_bytes(ends.ours, RATE_TAKEN, &taken) && taken > 0);
    close_ends(&ends);
}

/* Goal: where the kernel does not count, nobody is too slow. */
static void test_no_tcp(void **state)
{
    struct rate rate = {0};
    struct ends ends;
    uint64_t bytes;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ends = (struct ends){fds[0], fds[1]};
    assert_false(rate_bytes(ends.ours, RATE_RECEIVED, &bytes));
    assert_int_equal(looks_until_slow(&rate, &ends, 0), 0);
    close_ends(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_received),
        cmocka_unit_test(test_unread),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_no_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
