/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * The one reader of a PNG's chunks (PNG, 5.3): a length, a name, as many bytes, a checksum. It does
 * not verify the checksum: that is worth the time only of chunks that are used. Any thread.
 */
enum {
    PNG_SIGNATURE_BYTES = 8,
    PNG_CHUNK_BYTES = 12, /* length, name, checksum */
};

struct png_chunk {
    const uint8_t *name;
    struct bytes data; /* what there is of it */
    bool whole;        /* it ends inside the file, its checksum included */
};

/* The chunk at *at, which is moved behind it. False: the file ends. */
static inline bool png_next_chunk(struct bytes file, size_t *at, struct png_chunk *chunk)
{
    size_t left;
    uint32_t length;

    if (!bytes_have(file, *at, PNG_CHUNK_BYTES - 4))
        return false;
    length = get_be32(file.data + *at);
    chunk->name = file.data + *at + 4;
    left = file.size - *at - 8;
    chunk->data = (struct bytes){chunk->name + 4, length < left ? length : left};
    chunk->whole = bytes_have(file, *at, (uint64_t)length + PNG_CHUNK_BYTES);
    *at = chunk->whole ? *at + length + PNG_CHUNK_BYTES : file.size;
    return true;
}

static inline bool png_chunk_is(const struct png_chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, 4) == 0;
}
