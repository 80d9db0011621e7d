/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Watching a client's socket for its going away while somebody else owns the connection.
 *
 * A client that resets is gone. One that sends FIN may have closed, or may only have shut its
 * sending side down (`nc -N` does) and wait for the answer: the two look alike from here. Such a
 * peer is given PEER_GRACE_MS to get its answer, then counts as gone.
 *
 * Use: peer_watch(), then in a loop poll() with peer_pollfd() among others, no longer than
 * peer_timeout_us(), then peer_gone() with the returned events. One thread.
 */
enum { PEER_GRACE_MS = 1000 };

struct peer {
    int fd;             /* -1: nobody to watch */
    int64_t gone_at_us; /* DEADLINE_NEVER until a FIN was seen */
};

struct peer peer_watch(int fd);

/* What to poll for; its fd is -1, which poll() skips, where there is nobody to watch. */
struct pollfd peer_pollfd(const struct peer *peer);

/* When to look again at the latest. */
int64_t peer_timeout_us(const struct peer *peer);

/* Whether the peer is gone, after poll() returned `revents` for it (0: none). */
bool peer_gone(struct peer *peer, short revents);

/* The same for whoever cannot wait with poll(): looks at it now, without waiting. */
bool peer_gone_now(struct peer *peer);
