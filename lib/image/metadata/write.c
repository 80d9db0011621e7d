/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/write.h"

#include "base/status.h"
#include "base/utf8.h"
#include "image/webp/encode.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Each format's place for each kind of metadata. The files are our own, so that only their
 * beginnings are looked at: a JPEG's segments go behind its JFIF header, a PNG's chunks behind
 * IHDR, a GIF's extensions behind its screen.
 */
uint8_t *metadata_make_room(struct image_output *output, size_t at, size_t bytes)
{
    if (at > output->size || bytes > output->capacity - output->size)
        return NULL;
    memmove(output->data + at + bytes, output->data + at, output->size - at);
    output->size += bytes;
    return output->data + at;
}

/* Photoshop's resource of IPTC's datasets. */
enum { RESOURCE_BYTES = 12 };

static size_t resource_bytes(struct bytes datasets)
{
    return RESOURCE_BYTES + datasets.size + (datasets.size & 1);
}

static void write_resource(uint8_t *to, struct bytes datasets)
{
    memcpy(to, "8BIM\4\4\0\0", 8);
    put_be32(to + 8, (uint32_t)datasets.size);
    memcpy(to + RESOURCE_BYTES, datasets.data, datasets.size);
    if (datasets.size % 2 != 0)
        to[RESOURCE_BYTES + datasets.size] = 0;
}

/* --- JPEG ---------------------------------------------------------------------------------------
 */

/* A segment of that payload, which begins with `head`. What follows is to be written at *rest;
 * NULL: more than a segment holds. */
static int insert_segment(struct image_output *output, unsigned marker, const void *head,
                          size_t head_bytes, size_t rest_bytes, uint8_t **rest)
{
    enum { SOI_BYTES = 2, MARKER_BYTES = 2, LENGTH_BYTES = 2, APP0 = 0xe0, LENGTH_MAX = 65535 };
    const uint8_t *data = output->data;
    const size_t length = LENGTH_BYTES + head_bytes + rest_bytes;
    size_t at = SOI_BYTES;
    uint8_t *segment;

    *rest = NULL;
    if (length > LENGTH_MAX)
        return 0;
    if (output->size > at + 4 && data[at] == 0xff && data[at + 1] == APP0)
        at += MARKER_BYTES + (size_t)get_be16(data + at + 2);
    if ((segment = metadata_make_room(output, at, MARKER_BYTES + length)) == NULL)
        return STATUS_IMAGE_TOO_LARGE;
    segment[0] = 0xff;
    segment[1] = (uint8_t)marker;
    put_be16(segment + MARKER_BYTES, (unsigned)length);
    memcpy(segment + MARKER_BYTES + LENGTH_BYTES, head, head_bytes);
    *rest = segment + MARKER_BYTES + LENGTH_BYTES + head_bytes;
    return 0;
}

static int insert_application(struct image_output *output, unsigned marker, const void *head,
                              size_t head_bytes, struct bytes bytes)
{
    uint8_t *rest;
    int status = insert_segment(output, marker, head, head_bytes, bytes.size, &rest);

    if (rest != NULL)
        memcpy(rest, bytes.data, bytes.size);
    return status;
}

static int write_jpeg(const struct metadata_item *item, struct image_output *output)
{
    enum { APP1 = 0xe1, APP13 = 0xed, COM = 0xfe };
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/", photoshop[] = "Photoshop 3.0";
    uint8_t *rest;
    int status;

    switch (item->kind) {
    case METADATA_EXIF:
        return insert_application(output, APP1, "Exif\0", 6, item->bytes);
    case METADATA_XMP:
        return insert_application(output, APP1, xmp, sizeof(xmp), item->bytes);
    case METADATA_COMMENT:
        return insert_application(output, COM, "", 0, item->bytes);
    case METADATA_IPTC:
        status = insert_segment(output, APP13, photoshop, sizeof(photoshop),
                                resource_bytes(item->bytes), &rest);
        if (rest != NULL)
            write_resource(rest, item->bytes);
        return status;
    default:
        return 0;
    }
}

/* --- PNG ----------------------------------------------------------------------------------------
 */

/* Begins a chunk of `head`, without its last byte, and `rest_bytes` bytes that are to be written at
 * the result. NULL: there is no room. */
static uint8_t *begin_text(struct image_output *output, const char *head, size_t head_bytes,
                           size_t rest_bytes)
{
    enum { IHDR_END = 33, NAME_BYTES = 4 };
    uint8_t *chunk = metadata_make_room(output, IHDR_END, 8 + head_bytes + rest_bytes);

    if (chunk == NULL)
        return NULL;
    put_be32(chunk, (uint32_t)(head_bytes + rest_bytes - NAME_BYTES));
    memcpy(chunk + 4, head, head_bytes);
    return chunk + 4 + head_bytes;
}

/* Ends the chunk that begins behind IHDR. */
static int end_text(struct image_output *output)
{
    enum { IHDR_END = 33 };
    uint8_t *chunk = output->data + IHDR_END;
    const size_t size = get_be32(chunk) + 4;

    put_be32(chunk + 4 + size, libdeflate_crc32(0, chunk + 4, size));
    return 0;
}

static int insert_chunk(struct image_output *output, const char *head, size_t head_bytes,
                        struct bytes bytes)
{
    uint8_t *rest = begin_text(output, head, head_bytes, bytes.size);

    if (rest == NULL)
        return STATUS_IMAGE_TOO_LARGE;
    memcpy(rest, bytes.data, bytes.size);
    return end_text(output);
}

/* PNG has no place for IPTC: as ImageMagick and ExifTool write it, in hexadecimal digits, 36 bytes
 * a line. */
static int insert_profile(struct image_output *output, struct bytes datasets)
{
    enum { LINE_BYTES = 36 };
    static const char digits[] = "0123456789abcdef";
    const size_t size = resource_bytes(datasets);
    uint8_t *resource = malloc(size), *to;
    char head[64];
    int head_bytes;

    if (resource == NULL)
        return -ENOMEM;
    write_resource(resource, datasets);
    head_bytes = snprintf(head, sizeof(head), "tEXtRaw profile type iptc%c\niptc\n%8zu\n", 0, size);
    to = begin_text(output, head, (size_t)head_bytes,
                    2 * size + (size + LINE_BYTES - 1) / LINE_BYTES);
    for (size_t i = 0; to != NULL && i < size; i++) {
        *to++ = (uint8_t)digits[resource[i] >> 4];
        *to++ = (uint8_t)digits[resource[i] & 15];
        if (i % LINE_BYTES == LINE_BYTES - 1 || i + 1 == size)
            *to++ = '\n';
    }
    free(resource);
    return to == NULL ? STATUS_IMAGE_TOO_LARGE : end_text(output);
}

/* As UTF-8 if it is, else as Latin-1; text has no NULs. */
static int insert_comment(struct image_output *output, struct bytes text)
{
    static const char unicode[] = "iTXtComment\0\0\0\0", latin[] = "tEXtComment";

    if (memchr(text.data, 0, text.size) != NULL)
        return 0;
    if (utf8_is_valid((const char *)text.data, text.size))
        return insert_chunk(output, unicode, sizeof(unicode), text);
    return insert_chunk(output, latin, sizeof(latin), text);
}

static int write_png(const struct metadata_item *item, struct image_output *output)
{
    static const char xmp[] = "iTXtXML:com.adobe.xmp\0\0\0\0";

    switch (item->kind) {
    case METADATA_EXIF:
        return insert_chunk(output, "eXIf", 4, item->bytes);
    case METADATA_XMP:
        return insert_chunk(output, xmp, sizeof(xmp), item->bytes);
    case METADATA_IPTC:
        return insert_profile(output, item->bytes);
    case METADATA_COMMENT:
        return insert_comment(output, item->bytes);
    default:
        return insert_chunk(output, "", 0, item->bytes); /* text, with its name */
    }
}

/* --- WebP ---------------------------------------------------------------------------------------
 */

static int write_webp(const struct metadata_item *item, struct image_output *output)
{
    if (item->kind == METADATA_EXIF)
        return webp_set_chunk("EXIF", item->bytes.data, item->bytes.size, output);
    if (item->kind == METADATA_XMP)
        return webp_set_chunk("XMP ", item->bytes.data, item->bytes.size, output);
    return 0;
}

/* --- GIF ----------------------------------------------------------------------------------------
 */

/* An extension of that size behind the screen descriptor and its table. NULL: no room. */
static uint8_t *insert_extension(struct image_output *output, size_t bytes)
{
    enum { PACKED_AT = 10, SCREEN_BYTES = 13, TABLE = 0x80 };
    size_t at = SCREEN_BYTES;

    if (output->size > at && (output->data[PACKED_AT] & TABLE) != 0)
        at += (size_t)3 * (2U << (output->data[PACKED_AT] & 7));
    return metadata_make_room(output, at, bytes);
}

/* In sub-blocks of up to 255 bytes. */
static int insert_gif_comment(struct image_output *output, struct bytes text)
{
    enum { BLOCK_MAX = 255 };
    const size_t blocks = (text.size + BLOCK_MAX - 1) / BLOCK_MAX;
    uint8_t *to = insert_extension(output, 2 + blocks + text.size + 1);

    if (to == NULL)
        return STATUS_IMAGE_TOO_LARGE;
    memcpy(to, "!\xfe", 2);
    to += 2;
    for (size_t at = 0; at < text.size; at += BLOCK_MAX) {
        const size_t size = text.size - at < BLOCK_MAX ? text.size - at : BLOCK_MAX;

        *to = (uint8_t)size;
        memcpy(to + 1, text.data + at, size);
        to += 1 + size;
    }
    *to = 0;
    return 0;
}

/* As it is, with a trailer that ends what its bytes mean as sub-blocks. */
static int insert_gif_packet(struct image_output *output, struct bytes packet)
{
    enum { HEAD_BYTES = 14, TRAILER_BYTES = 258 };
    uint8_t *to = insert_extension(output, HEAD_BYTES + packet.size + TRAILER_BYTES);

    if (to == NULL)
        return STATUS_IMAGE_TOO_LARGE;
    memcpy(to, "!\xff\x0bXMP DataXMP", HEAD_BYTES);
    memcpy(to + HEAD_BYTES, packet.data, packet.size);
    to += HEAD_BYTES + packet.size;
    to[0] = 1;
    for (unsigned i = 1; i < TRAILER_BYTES; i++)
        to[i] = (uint8_t)(i <= 255 ? 256 - i : 0);
    return 0;
}

static int write_gif(const struct metadata_item *item, struct image_output *output)
{
    if (item->kind == METADATA_COMMENT)
        return insert_gif_comment(output, item->bytes);
    if (item->kind == METADATA_XMP)
        return insert_gif_packet(output, item->bytes);
    return 0;
}

/* ------------------------------------------------------------------------------------------------
 */

/* The last one first: each goes to the front, and readers expect EXIF there. */
int metadata_write(const struct metadata *metadata, struct image_output *output)
{
    static int (*const writers[IMAGE_FORMAT_COUNT])(const struct metadata_item *item,
                                                    struct image_output *output) = {
        [IMAGE_JPEG] = write_jpeg,          [IMAGE_PNG] = write_png,
        [IMAGE_WEBP] = write_webp,          [IMAGE_GIF] = write_gif,
        [IMAGE_TIFF] = metadata_write_tiff, [IMAGE_AVIF] = metadata_write_avif,
    };
    int status = 0;

    for (int kind = METADATA_KINDS - 1; kind >= 0; kind--) {
        for (unsigned i = metadata->count; status == 0 && i-- > 0;) {
            const struct metadata_item *item = &metadata->items[i];

            if ((int)item->kind == kind && item->bytes.size > 0)
                status = writers[output->format](item, output);
        }
    }
    return status;
}
