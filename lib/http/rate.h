/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Inside lib/http: how far a connection has come, by what the kernel knows of its socket, and
 * whether that is too slow.
 */
enum rate_direction {
    RATE_RECEIVED, /* bytes that have come */
    RATE_TAKEN,    /* bytes of ours that the peer has acknowledged */
};

/* Over how long it is averaged, and how often somebody is to look. */
enum { RATE_MS = 10000, RATE_LOOK_MS = 1000, RATE_LOOKS = RATE_MS / RATE_LOOK_MS };

/* How many bytes there were at each of the last looks. All zero to begin with. One thread. */
struct rate {
    unsigned count; /* of looks; once there are enough, the oldest is at count % RATE_LOOKS */
    uint64_t bytes[RATE_LOOKS];
};

/* Looks, every RATE_LOOK_MS. Whether less than `least` bytes a second have moved in the last
 * RATE_MS. A moment in which the peer waits for us (much is not read yet, or nothing is to be
 * taken) begins a new count. */
bool rate_is_below(struct rate *rate, int fd, enum rate_direction direction, int64_t least);

/* Bytes moved since the connection began. False where the kernel does not say: it is no TCP. */
bool rate_bytes(int fd, enum rate_direction direction, uint64_t *bytes);

/* Whether the socket's buffer holds nothing that is not read yet. */
bool rate_is_silent(int fd);
