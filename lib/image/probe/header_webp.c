/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "base/status.h"
#include "image/probe/webp_chunks.h"

#include <string.h>

/*
 * WebP (RFC 9649): a RIFF file with one VP8 or VP8L chunk, or with a VP8X chunk that has the
 * canvas, then more chunks; each ANMF is a frame.
 */

enum {
    FLAG_ANIMATION = 0x02, /* of VP8X (RFC 9649, 2.7.1) */
    FLAG_EXIF = 0x08,
    FLAG_ALPHA = 0x10,
    FLAG_PROFILE = 0x20,
    ANIM_BYTES = 6,
    EXIF_PREFIX_BYTES = 6,
};

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
    header->alpha = bits >> 28 & 1;
    return 0;
}

/* Some writers keep the prefix that a JPEG needs. */
static void read_exif(struct bytes exif, struct image_header *header)
{
    if (bytes_match(exif, 0, "Exif\0\0", EXIF_PREFIX_BYTES))
        exif = (struct bytes){exif.data + EXIF_PREFIX_BYTES, exif.size - EXIF_PREFIX_BYTES};
    header_note_exif(exif, header);
}

/* Of each kind the first chunk counts, if VP8X announces it. */
static void read_extra(const struct webp_chunk *chunk, uint8_t *flags, struct image_header *header)
{
    if (webp_is(chunk, "EXIF") && (*flags & FLAG_EXIF)) {
        read_exif(chunk->data, header);
        *flags &= (uint8_t)~FLAG_EXIF;
    } else if (webp_is(chunk, "ICCP") && (*flags & FLAG_PROFILE)) {
        header_note_profile(chunk->data, header);
        *flags &= (uint8_t)~FLAG_PROFILE;
    } else if (webp_is(chunk, "ANIM") && (*flags & FLAG_ANIMATION) &&
               bytes_have(chunk->data, 0, ANIM_BYTES)) {
        header->loop = get_le16(chunk->data.data + 4);
        *flags &= (uint8_t)~FLAG_ANIMATION;
    }
}

/* Counts the frames behind VP8X. Whether the image is lossless is decided by the first one: VP8L
 * has no ALPH in front of it. */
static void read_webp_chunks(struct webp_chunks *chunks, uint8_t flags, struct image_header *header)
{
    struct webp_chunk chunk;
    uint32_t frames = 0;

    while (webp_next_chunk(chunks, &chunk)) {
        if (webp_is(&chunk, "ANMF")) {
            if (frames++ == 0)
                header->lossless = bytes_match(chunk.data, WEBP_ANMF_BYTES, "VP8L", 4);
        } else if (webp_is(&chunk, "VP8L") && frames == 0) {
            header->lossless = true;
        } else {
            read_extra(&chunk, &flags, header);
        }
    }
    if (frames > 0)
        header->frames = frames;
}

static int read_first_chunk(struct bytes input, struct image_header *header)
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
    header->alpha = first.data.data[0] & FLAG_ALPHA;
    read_webp_chunks(&chunks, first.data.data[0], header);
    return 0;
}

/* A lossy WebP has no chroma but halved (RFC 6386, 2). */
int header_read_webp(struct bytes input, struct image_header *header)
{
    int status = read_first_chunk(input, header);

    if (status == 0 && !header->lossless)
        strcpy(header->subsampling, "420");
    return status;
}
