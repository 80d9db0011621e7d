/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/rate.h"

/*
 * Uses the kernel's own counts (TCP_INFO): no counting for each piece of a body, and they say what
 * the peer has taken, not only what was put into the socket's buffer.
 */
#include <netinet/in.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool rate_bytes(int fd, enum rate_direction direction, uint64_t *bytes)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return false;
    *bytes = direction == RATE_RECEIVED ? info.tcpi_bytes_received : info.tcpi_bytes_acked;
    return true;
}

/* From this many unread bytes on, the peer may be unable to send more. */
enum { UNREAD_BYTES = 16 * 1024 };

/* Bytes in the socket's buffer; -1: not known. */
static int unread_bytes(int fd)
{
    int unread = 0;

    return ioctl(fd, FIONREAD, &unread) == 0 ? unread : -1;
}

bool rate_is_silent(int fd)
{
    return unread_bytes(fd) == 0;
}

/* Whether the peer has taken all that we have sent so far. */
static bool has_taken_all(int fd)
{
    int left = 0;

    return ioctl(fd, SIOCOUTQ, &left) == 0 && left == 0;
}

bool rate_is_below(struct rate *rate, int fd, enum rate_direction direction, int64_t least)
{
    bool waits_for_us =
        direction == RATE_RECEIVED ? unread_bytes(fd) >= UNREAD_BYTES : has_taken_all(fd);
    uint64_t *oldest = &rate->bytes[rate->count % RATE_LOOKS], now;
    bool below;

    if (!rate_bytes(fd, direction, &now))
        return false;
    if (waits_for_us) {
        rate->count = 0;
        return false;
    }
    below = rate->count >= RATE_LOOKS && now - *oldest < (uint64_t)least * (RATE_MS / 1000);
    *oldest = now;
    rate->count++;
    return below;
}
