/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A growing array of bytes with a limit. Owned by one thread at a time. All members zero is an
 * empty buffer. */
struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* Makes room for `capacity` bytes in all: appending up to there allocates nothing. 0 or -ENOMEM. */
int buffer_reserve(struct buffer *buffer, size_t capacity);

/* Appends; the buffer is unchanged on error. 0, -EFBIG (more than `limit` bytes), -ENOMEM. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t length, size_t limit);

/* Frees the bytes and makes it empty. */
void buffer_clear(struct buffer *buffer);
