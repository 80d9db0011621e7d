/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/header.h"

#include "base/status.h"

/*
 * WebP (RFC 9649): a RIFF file that is one VP8 or VP8L chunk, or a VP8X chunk with the canvas and
 * then chunks of which ANMF is a frame.
 */
enum { RIFF_HEADER_BYTES = 12, CHUNK_HEADER_BYTES = 8, ANMF_HEADER_BYTES = 16, VP8X_BYTES = 10 };

/* Lossy: a VP8 key frame's start code, then 14 bits each. */
static int read_vp8(struct bytes chunk, struct image_header *header)
{
    if (!bytes_match(chunk, 3, "\x9d\x01\x2a", 3) || !bytes_have(chunk, 0, 10))
        return STATUS_IMAGE_CORRUPT;
    header->width = get_le16(chunk.data + 6) & 0x3fff;
    header->height = get_le16(chunk.data + 8) & 0x3fff;
    return 0;
}

/* Lossless: a signature byte, then 14 bits each, less one. */
static int read_vp8l(struct bytes chunk, struct image_header *header)
{
    uint32_t bits;

    if (!bytes_match(chunk, 0, "\x2f", 1) || !bytes_have(chunk, 0, 5))
        return STATUS_IMAGE_CORRUPT;
    bits = get_le32(chunk.data + 1);
    header->width = (bits & 0x3fff) + 1;
    header->height = (bits >> 14 & 0x3fff) + 1;
    header->lossless = true;
    return 0;
}

/* Whether the picture in an ANMF chunk is lossless: its first chunk but for ALPH says so. */
static bool frame_is_lossless(struct bytes chunk)
{
    return bytes_match(chunk, ANMF_HEADER_BYTES, "VP8L", 4);
}

/* The chunks behind VP8X: counts frames until the file ends, or what it says of its size. The
 * demuxer (webp/file.c) judges the rest, and has to find the same. */
static void count_frames(struct bytes input, uint64_t at, struct image_header *header)
{
    uint32_t frames = 0;

    while (bytes_have(input, at, CHUNK_HEADER_BYTES)) {
        const uint8_t *name = input.data + at;
        uint64_t size = get_le32(name + 4);

        at += CHUNK_HEADER_BYTES;
        if (memcmp(name, "ANMF", 4) == 0) {
            if (frames++ == 0)
                header->lossless =
                    frame_is_lossless((struct bytes){input.data + at, input.size - at});
        } else if (memcmp(name, "VP8L", 4) == 0 && frames == 0) {
            header->lossless = true;
        }
        at += size + (size & 1);
    }
    if (frames > 0)
        header->frames = frames;
}

int header_read_webp(struct bytes input, struct image_header *header)
{
    size_t start = RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES;
    const uint8_t *name = input.data + RIFF_HEADER_BYTES;
    struct bytes chunk;
    uint64_t end;

    if (!bytes_have(input, 0, start))
        return STATUS_IMAGE_CORRUPT;
    end = (uint64_t)get_le32(input.data + 4) + CHUNK_HEADER_BYTES;
    chunk = (struct bytes){input.data + start, input.size - start};

    if (memcmp(name, "VP8 ", 4) == 0)
        return read_vp8(chunk, header);
    if (memcmp(name, "VP8L", 4) == 0)
        return read_vp8l(chunk, header);
    if (memcmp(name, "VP8X", 4) != 0 || get_le32(name + 4) < VP8X_BYTES ||
        !bytes_have(chunk, 0, VP8X_BYTES))
        return STATUS_IMAGE_CORRUPT;

    header->width = get_le24(chunk.data + 4) + 1;
    header->height = get_le24(chunk.data + 7) + 1;
    if (input.size > end)
        input.size = end;
    count_frames(input, start + (uint64_t)get_le32(name + 4), header);
    return 0;
}
