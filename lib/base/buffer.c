/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 4096 };

int buffer_reserve(struct buffer *buffer, size_t capacity)
{
    uint8_t *grown;

    if (capacity <= buffer->capacity)
        return 0;
    grown = realloc(buffer->data, capacity);
    if (grown == NULL)
        return -ENOMEM;
    buffer->data = grown;
    buffer->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t length, size_t limit)
{
    size_t wanted = buffer->size + length, grown;
    int status;

    if (length > limit || wanted > limit)
        return -EFBIG;
    if (wanted > buffer->capacity) {
        grown = buffer->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : buffer->capacity * 2;
        status = buffer_reserve(buffer, grown > wanted ? grown : wanted);
        if (status != 0)
            return status;
    }
    if (length > 0)
        memcpy(buffer->data + buffer->size, bytes, length);
    buffer->size = wanted;
    return 0;
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
