/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * The one reader of a WebP's chunks (RFC 9649, section 2): RIFF, then chunks of a name, a size and
 * as many bytes, padded to an even number. Chunks end where the file does or where RIFF says,
 * whichever comes first. Whether their order makes sense is decided by libwebp's demuxer
 * (webp/file.h). Any thread.
 */
enum {
    WEBP_RIFF_BYTES = 12, /* "RIFF", a size, "WEBP" */
    WEBP_CHUNK_BYTES = 8, /* name and size */
    WEBP_VP8X_BYTES = 10,
    WEBP_ANMF_BYTES = 16, /* of a frame, in front of its own chunks */
};

struct webp_chunks {
    struct bytes file; /* up to the end that RIFF says */
    uint64_t at;       /* of the next chunk */
};

struct webp_chunk {
    const uint8_t *name;
    uint64_t size;     /* as the chunk says */
    struct bytes data; /* what there is of it */
};

/* False: `file` is too short for RIFF and a chunk. */
bool webp_chunks_begin(struct webp_chunks *chunks, struct bytes file);

/* The next chunk. False: there is none. */
bool webp_next_chunk(struct webp_chunks *chunks, struct webp_chunk *chunk);

static inline bool webp_is(const struct webp_chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, 4) == 0;
}
