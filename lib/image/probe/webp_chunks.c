/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/webp_chunks.h"

bool webp_chunks_begin(struct webp_chunks *chunks, struct bytes file)
{
    uint64_t end;

    if (!bytes_have(file, 0, WEBP_RIFF_BYTES + WEBP_CHUNK_BYTES))
        return false;
    end = (uint64_t)get_le32(file.data + 4) + WEBP_CHUNK_BYTES;
    *chunks = (struct webp_chunks){.file = file, .at = WEBP_RIFF_BYTES};
    if (chunks->file.size > end)
        chunks->file.size = (size_t)end;
    return true;
}

bool webp_next_chunk(struct webp_chunks *chunks, struct webp_chunk *chunk)
{
    const struct bytes file = chunks->file;
    uint64_t left;

    if (!bytes_have(file, chunks->at, WEBP_CHUNK_BYTES))
        return false;
    chunk->name = file.data + chunks->at;
    chunk->size = get_le32(chunk->name + 4);
    left = file.size - chunks->at - WEBP_CHUNK_BYTES;
    chunk->data = (struct bytes){chunk->name + WEBP_CHUNK_BYTES,
                                 (size_t)(chunk->size < left ? chunk->size : left)};
    chunks->at += WEBP_CHUNK_BYTES + chunk->size + (chunk->size & 1);
    return true;
}
