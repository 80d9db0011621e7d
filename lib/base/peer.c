/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/peer.h"

#include "base/deadline.h"

struct peer peer_watch(int fd)
{
    return (struct peer){.fd = fd, .gone_at_us = DEADLINE_NEVER};
}

struct pollfd peer_pollfd(const struct peer *peer)
{
    /* A FIN would wake poll() again and again: once seen, wait only for a reset. */
    short events = peer->gone_at_us == DEADLINE_NEVER ? POLLRDHUP : 0;

    return (struct pollfd){.fd = peer->fd, .events = events};
}

int64_t peer_timeout_us(const struct peer *peer)
{
    return peer->gone_at_us;
}

bool peer_gone(struct peer *peer, short revents)
{
    if (revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    if ((revents & POLLRDHUP) && peer->gone_at_us == DEADLINE_NEVER)
        peer->gone_at_us = deadline_after_ms(PEER_GRACE_MS);
    return clock_us() >= peer->gone_at_us;
}

bool peer_gone_now(struct peer *peer)
{
    struct pollfd now = peer_pollfd(peer);

    return peer_gone(peer, poll(&now, 1, 0) > 0 ? now.revents : 0);
}
