/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Watches a client's socket while another thread owns the connection: has the client gone away?
 *
 * A client that sends a reset is gone. One that sends FIN may have closed the connection, or only
 * its sending side (as `nc -N` does) and wait for the answer: the two look alike. Such a client
 * counts as gone after PEER_GRACE_MS.
 *
 * Use: peer_watch(), then in a loop poll() with peer_pollfd() among others, no longer than
 * peer_timeout_us(), then peer_gone() with the returned events. One thread.
 */
enum { PEER_GRACE_MS = 1000 };

struct peer {
    int fd;             /* -1: there is no client to watch */
    int64_t gone_at_us; /* DEADLINE_NEVER until a FIN was seen */
};

struct peer peer_watch(int fd);

/* What to poll for. Without a client its fd is -1, which poll() ignores. */
struct pollfd peer_pollfd(const struct peer *peer);

/* When to look again at the latest. */
int64_t peer_timeout_us(const struct peer *peer);

/* Whether the peer is gone, after poll() returned `revents` for it (0: none). */
bool peer_gone(struct peer *peer, short revents);

/* Polls by itself, without waiting. */
bool peer_gone_now(struct peer *peer);
