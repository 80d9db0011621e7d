/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/probe/png_chunks.h"

/*
 * PNG: the size is in IHDR, which is the first chunk (PNG, 5.6). An animated PNG is treated as its
 * first image, as by every decoder that does not know APNG.
 */
enum {
    PNG_IHDR_BYTES = 13,
    PNG_COLOUR = 2, /* in the colour type */
    PNG_ALPHA = 4,
};

/* By colour type: gray, RGB, a palette (of RGB), gray and alpha, RGBA (PNG, 11.2.1). */
static const struct {
    uint8_t samples;
    uint32_t depths; /* bit N: of N bits */
} kinds[] = {
    [0] = {1, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16},
    [2] = {3, 1 << 8 | 1 << 16},
    [3] = {3, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8},
    [4] = {2, 1 << 8 | 1 << 16},
    [6] = {4, 1 << 8 | 1 << 16},
};

/* Depth, colour type, compression, filter and interlace of IHDR: no decoder shows others. */
static bool is_kind_defined(const uint8_t *kind)
{
    return kind[1] < ARRAY_LENGTH(kinds) && kind[0] <= 16 &&
           (kinds[kind[1]].depths >> kind[0] & 1) != 0 && kind[2] == 0 && kind[3] == 0 &&
           kind[4] <= 1;
}

/* CRC-32 (PNG, annex D), four bits at a time: the chunks that it is asked of are short. */
static uint32_t crc_of(const uint8_t *data, size_t size)
{
    static const uint32_t table[] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static bool is_checksum_right(const struct png_chunk *chunk)
{
    return crc_of(chunk->name, chunk->data.size + 4) ==
           get_be32(chunk->data.data + chunk->data.size);
}

/* The first sound eXIf counts, wherever it stands. iCCP has its profile's name in plain text, and
 * with tRNS counts before the pixels. */
static void read_ancillary(const struct png_chunk *chunk, bool late, bool *has_exif,
                           struct image_header *header)
{
    const uint8_t *content = chunk->data.data, *name_end;

    if (png_chunk_is(chunk, "eXIf") && !*has_exif && is_checksum_right(chunk)) {
        *has_exif = true;
        header_note_exif(chunk->data, header);
    } else if (png_chunk_is(chunk, "iCCP") && !late && !header->has_profile) {
        name_end = memchr(content, 0, chunk->data.size);
        header_note_profile_name(content, name_end != NULL ? (size_t)(name_end - content) : 0,
                                 header);
    } else if (png_chunk_is(chunk, "tRNS") && !late) {
        header->alpha = true;
    }
}

/* As far as the bytes reach. */
static void read_png_chunks(struct bytes input, size_t at, struct image_header *header)
{
    bool late = false, has_exif = false;
    struct png_chunk chunk;

    while (png_next_chunk(input, &at, &chunk) && chunk.whole && !png_chunk_is(&chunk, "IEND")) {
        late = late || png_chunk_is(&chunk, "IDAT");
        read_ancillary(&chunk, late, &has_exif, header);
    }
}

int header_read_png(struct bytes input, struct image_header *header)
{
    const uint8_t *chunk = input.data + PNG_SIGNATURE_BYTES;

    if (!bytes_have(input, PNG_SIGNATURE_BYTES, 8 + PNG_IHDR_BYTES) ||
        get_be32(chunk) != PNG_IHDR_BYTES || memcmp(chunk + 4, "IHDR", 4) != 0 ||
        !is_kind_defined(chunk + 16))
        return STATUS_IMAGE_CORRUPT;

    header->width = get_be32(chunk + 8);
    header->height = get_be32(chunk + 12);
    header->bits = chunk[16];
    header->samples = kinds[chunk[17]].samples;
    header->colours = chunk[17] & PNG_COLOUR ? IMAGE_COLOURS_RGB : IMAGE_COLOURS_GRAY;
    header->alpha = chunk[17] & PNG_ALPHA;
    header->progressive = chunk[20] == 1;
    read_png_chunks(input, PNG_SIGNATURE_BYTES + PNG_IHDR_BYTES + PNG_CHUNK_BYTES, header);
    return header->width > INT32_MAX || header->height > INT32_MAX ? STATUS_IMAGE_CORRUPT : 0;
}
