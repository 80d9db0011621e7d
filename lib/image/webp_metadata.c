/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp_metadata.h"

/* Only extended files have metadata; chunks that are cut off are none. */
#include "image/jpeg_metadata.h"

enum { RIFF_HEADER_BYTES = 12, CHUNK_HEADER_BYTES = 8, EXIF_PREFIX_BYTES = 6 };

/* Some writers keep the prefix that a JPEG needs. */
static unsigned read_orientation(struct bytes exif)
{
    if (bytes_match(exif, 0, "Exif\0\0", EXIF_PREFIX_BYTES))
        return jpeg_exif_orientation(exif.data + EXIF_PREFIX_BYTES, exif.size - EXIF_PREFIX_BYTES);
    return jpeg_exif_orientation(exif.data, exif.size);
}

struct webp_metadata webp_read_metadata(const uint8_t *file, size_t size)
{
    const struct bytes input = {file, size};
    struct webp_metadata metadata = {.orientation = 1};
    uint64_t at = RIFF_HEADER_BYTES;

    if (!bytes_match(input, at, "VP8X", 4))
        return metadata;
    while (bytes_have(input, at, CHUNK_HEADER_BYTES)) {
        struct bytes chunk = {file + at + CHUNK_HEADER_BYTES, get_le32(file + at + 4)};

        if (!bytes_have(input, at + CHUNK_HEADER_BYTES, chunk.size))
            break;
        if (bytes_match(input, at, "ICCP", 4) && metadata.profile.data == NULL)
            metadata.profile = chunk;
        else if (bytes_match(input, at, "EXIF", 4) && metadata.orientation == 1)
            metadata.orientation = read_orientation(chunk);
        at += CHUNK_HEADER_BYTES + (uint64_t)chunk.size + (chunk.size & 1);
    }
    return metadata;
}
