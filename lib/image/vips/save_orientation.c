/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

/*
 * The orientation of an image that keeps it: an EXIF block with that tag alone, inserted into the
 * finished file. libvips would write a block of its own, with a dozen tags.
 */
#include "base/status.h"
#include "image/webp/encode.h"

#include <libdeflate.h>
#include <string.h>

enum {
    TIFF_BYTES = 26,
    SEGMENT_BYTES = 2 + 2 + 6 + TIFF_BYTES, /* JPEG: marker, length, "Exif\0\0" */
    CHUNK_BYTES = 4 + 4 + TIFF_BYTES + 4,   /* PNG: length, type, CRC */
    PNG_HEADER_BYTES = 8 + 25,              /* signature, IHDR */
    SOI_BYTES = 2,
};

/* A little-endian TIFF of one directory with one entry (CIPA DC-008, 4.6.5). */
static void write_block(unsigned orientation, uint8_t block[static TIFF_BYTES])
{
    static const uint8_t model[TIFF_BYTES] = {'I', 'I',  42,   0, 8, 0, 0, 0, 1,
                                              0,   0x12, 0x01, 3, 0, 1, 0, 0, 0};

    memcpy(block, model, TIFF_BYTES);
    block[18] = (uint8_t)orientation;
}

static void write_big_endian(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Makes room. NULL: there is none. */
static uint8_t *insert(struct image_output *output, size_t at, size_t bytes)
{
    if (bytes > output->capacity - output->size || at > output->size)
        return NULL;
    memmove(output->data + at + bytes, output->data + at, output->size - at);
    output->size += bytes;
    return output->data + at;
}

/* Behind the JFIF header. */
static int tag_jpeg(const uint8_t *block, struct image_output *output)
{
    static const uint8_t begin[] = {0xff, 0xe1, 0, SEGMENT_BYTES - 2, 'E', 'x', 'i', 'f', 0, 0};
    const uint8_t *data = output->data;
    size_t at = SOI_BYTES;
    uint8_t *segment;

    if (output->size > at + 4 && data[at] == 0xff && data[at + 1] == 0xe0)
        at += 2 + ((size_t)data[at + 2] << 8 | data[at + 3]);
    segment = insert(output, at, SEGMENT_BYTES);
    if (segment == NULL)
        return STATUS_IMAGE_TOO_LARGE;
    memcpy(segment, begin, sizeof(begin));
    memcpy(segment + sizeof(begin), block, TIFF_BYTES);
    return 0;
}

/* eXIf (PNG 3, 11.3.4.5) may stand anywhere between IHDR and IDAT. */
static int tag_png(const uint8_t *block, struct image_output *output)
{
    uint8_t *chunk = insert(output, PNG_HEADER_BYTES, CHUNK_BYTES);

    if (chunk == NULL)
        return STATUS_IMAGE_TOO_LARGE;
    write_big_endian(chunk, TIFF_BYTES);
    memcpy(chunk + 4, "eXIf", 4);
    memcpy(chunk + 8, block, TIFF_BYTES);
    write_big_endian(chunk + 8 + TIFF_BYTES, libdeflate_crc32(0, chunk + 4, 4 + TIFF_BYTES));
    return 0;
}

int save_orientation(unsigned orientation, struct image_output *output)
{
    uint8_t block[TIFF_BYTES];

    if (orientation == 1)
        return 0;
    write_block(orientation, block);
    switch (output->format) {
    case IMAGE_JPEG:
        return tag_jpeg(block, output);
    case IMAGE_PNG:
        return tag_png(block, output);
    case IMAGE_WEBP:
        return webp_set_exif(block, sizeof(block), output);
    default: /* TIFF has the tag already; GIF has none, and in AVIF it would not count */
        return 0;
    }
}
