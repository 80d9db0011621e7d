/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Inside lib/http: how many bytes a connection has moved, as the kernel counts them, and whether
 * that is too slow.
 */
enum rate_direction {
    RATE_RECEIVED, /* bytes received */
    RATE_TAKEN,    /* bytes of ours that the peer has acknowledged */
};

/* How long the rate is averaged over, and how often it must be looked at. */
enum { RATE_MS = 10000, RATE_LOOK_MS = 1000, RATE_LOOKS = RATE_MS / RATE_LOOK_MS };

/* The bytes at each of the last looks. All zero to begin with. One thread. */
struct rate {
    unsigned count; /* of looks; from RATE_LOOKS on, the oldest is at count % RATE_LOOKS */
    uint64_t bytes[RATE_LOOKS];
};

/* Takes a look; call it every RATE_LOOK_MS. Returns whether less than `least` bytes a second have
 * moved in the last RATE_MS. If the peer waits for us (much is unread, or everything was taken), a
 * new count begins. */
bool rate_is_below(struct rate *rate, int fd, enum rate_direction direction, int64_t least);

/* Bytes moved since the connection began. False: the kernel does not say, since it is not TCP. */
bool rate_bytes(int fd, enum rate_direction direction, uint64_t *bytes);

/* Whether the socket's buffer holds nothing unread. */
bool rate_is_silent(int fd);
