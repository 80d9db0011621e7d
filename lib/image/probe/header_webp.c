/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "base/status.h"
#include "image/probe/webp_chunks.h"

/*
 * WebP (RFC 9649): a RIFF file with one VP8 or VP8L chunk, or with a VP8X chunk that has the
 * canvas, then more chunks; each ANMF is a frame.
 */

/* Lossy: a VP8 key frame's start code, then 14 bits each (RFC 6386, 9.1). */
static int read_vp8(struct bytes chunk, struct image_header *header)
{
    if (!bytes_match(chunk, 3, "\x9d\x01\x2a", 3) || !bytes_have(chunk, 0, 10))
        return STATUS_IMAGE_CORRUPT;
    header->width = get_le16(chunk.data + 6) & 0x3fff;
    header->height = get_le16(chunk.data + 8) & 0x3fff;
    return 0;
}

/* Lossless: a signature byte, then 14 bits each, less one (RFC 9649, 3.4). */
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

/* Counts the frames behind VP8X. Whether the image is lossless is decided by the first one: VP8L
 * has no ALPH in front of it. */
static void count_frames(struct webp_chunks *chunks, struct image_header *header)
{
    struct webp_chunk chunk;
    uint32_t frames = 0;

    while (webp_next_chunk(chunks, &chunk)) {
        if (webp_is(&chunk, "ANMF")) {
            if (frames++ == 0)
                header->lossless = bytes_match(chunk.data, WEBP_ANMF_BYTES, "VP8L", 4);
        } else if (webp_is(&chunk, "VP8L") && frames == 0) {
            header->lossless = true;
        }
    }
    if (frames > 0)
        header->frames = frames;
}

int header_read_webp(struct bytes input, struct image_header *header)
{
    struct webp_chunks chunks;
    struct webp_chunk first;

    if (!webp_chunks_begin(&chunks, input) || !webp_next_chunk(&chunks, &first))
        return STATUS_IMAGE_CORRUPT;
    if (webp_is(&first, "VP8 "))
        return read_vp8(first.data, header);
    if (webp_is(&first, "VP8L"))
        return read_vp8l(first.data, header);
    if (!webp_is(&first, "VP8X") || !bytes_have(first.data, 0, WEBP_VP8X_BYTES))
        return STATUS_IMAGE_CORRUPT;
    header->width = get_le24(first.data.data + 4) + 1;
    header->height = get_le24(first.data.data + 7) + 1;
    count_frames(&chunks, header);
    return 0;
}
