/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png_picture.h"

/* PNG (W3C recommendation, second edition): a signature, then chunks. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg_metadata.h"
#include "image/luma.h"

#include <errno.h>
#include <libdeflate.h>

enum {
    SIGNATURE_BYTES = 8,
    CHUNK_BYTES = 12,          /* length, name, checksum */
    IHDR_BYTES = 13,
    COLOUR_GRAY = 0,
    COLOUR_RGB = 2,
    COLOUR_PALETTE = 3,
    COLOUR_GRAY_ALPHA = 4,
    COLOUR_RGB_ALPHA = 6,
    ANCILLARY = 0x20,          /* in the first letter of a name */
    PROFILE_NAME_MAX = 79,
};

static const size_t filtered_max_bytes = (size_t)512 << 20;
static const size_t profile_first_bytes = (size_t)64 << 10, profile_max_bytes = (size_t)4 << 20;

struct chunk {
    struct bytes data;
    const uint8_t *name;
};

static bool is(const struct chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, 4) == 0;
}

/* The chunks of a file, one after the other. Of ancillary ones only transparency changes pixels. */
static int next_chunk(struct bytes file, size_t *at, struct chunk *chunk)
{
    uint32_t length;

    if (!bytes_have(file, *at, CHUNK_BYTES))
        return STATUS_IMAGE_CORRUPT;
    length = get_be32(file.data + *at);
    if (!bytes_have(file, *at, (uint64_t)length + CHUNK_BYTES))
        return STATUS_IMAGE_CORRUPT;
    chunk->name = file.data + *at + 4;
    chunk->data = (struct bytes){chunk->name + 4, length};
    *at += (size_t)length + CHUNK_BYTES;
    if ((chunk->name[0] & ANCILLARY) != 0 && !is(chunk, "tRNS"))
        return 0;
    return libdeflate_crc32(0, chunk->name, (size_t)length + 4) ==
                   get_be32(chunk->data.data + length)
               ? 0
               : STATUS_IMAGE_CORRUPT;
}

/* Samples of a pixel as stored; 0: there are no such pictures. */
static unsigned stored_samples(unsigned colour_type, unsigned bits)
{
    switch (colour_type) {
    case COLOUR_GRAY:
        return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 ? 1 : 0;
    case COLOUR_PALETTE:
        return bits == 1 || bits == 2 || bits == 4 || bits == 8 ? 1 : 0;
    case COLOUR_GRAY_ALPHA:
        return bits == 8 || bits == 16 ? 2 : 0;
    case COLOUR_RGB:
        return bits == 8 || bits == 16 ? 3 : 0;
    case COLOUR_RGB_ALPHA:
        return bits == 8 || bits == 16 ? 4 : 0;
    default:
        return 0;
    }
}

static int read_header(struct png_picture *picture, const struct chunk *chunk)
{
    const uint8_t *header = chunk->data.data;
    unsigned samples;

    if (!is(chunk, "IHDR") || chunk->data.size != IHDR_BYTES)
        return STATUS_IMAGE_CORRUPT;
    picture->width = get_be32(header);
    picture->height = get_be32(header + 4);
    picture->bits = header[8];
    picture->has_palette = header[9] == COLOUR_PALETTE;
    samples = stored_samples(header[9], header[8]);
    picture->bands = picture->has_palette ? 3 : samples;
    if (picture->width == 0 || picture->height == 0 || samples == 0)
        return STATUS_IMAGE_CORRUPT;
    if (header[10] != 0 || header[11] != 0 || header[12] != 0)
        return -ENOTSUP; /* interlaced, or unknown */
    picture->row_bytes = (size_t)(((uint64_t)picture->width * samples * picture->bits + 7) / 8);
    picture->step = picture->bits < 8 ? 1 : samples * picture->bits / 8;
    return picture->row_bytes < filtered_max_bytes / picture->height ? 0 : -ENOTSUP;
}

static int read_palette(struct png_picture *picture, struct bytes colours)
{
    picture->profile_is_late = true;
    if (!picture->has_palette)
        return 0; /* a hint for screens of few colours */
    if (colours.size == 0 || colours.size % 3 != 0 || colours.size > 3 * PNG_PALETTE_MAX ||
        picture->colours != 0)
        return STATUS_IMAGE_CORRUPT;
    picture->colours = (unsigned)(colours.size / 3);
    if (picture->colours > 1U << picture->bits)
        picture->colours = 1U << picture->bits; /* no pixel can mean the others */
    for (size_t i = 0; i < PNG_PALETTE_MAX; i++) {
        if (i < picture->colours)
            memcpy(picture->palette[i], colours.data + 3 * i, 3);
        picture->palette[i][3] = 255;
    }
    return 0;
}

static int read_transparency(struct png_picture *picture, struct bytes alpha)
{
    if (picture->bands == 2 || (picture->bands == 4 && !picture->has_palette))
        return 0; /* has no meaning beside alpha */
    if (!picture->has_palette)
        return -ENOTSUP;
    if (alpha.size == 0 || alpha.size > picture->colours)
        return 0; /* invalid or before its palette, and left out by libpng */
    picture->bands = 4;
    for (size_t i = 0; i < alpha.size; i++)
        picture->palette[i][3] = alpha.data[i];
    return 0;
}

/* One that cannot be read is none, and no other is looked for: of thousands that do not inflate each
 * would cost as much as the first. */
static int read_profile(struct png_picture *picture, struct bytes content)
{
    const uint8_t *end = memchr(content.data, '\0', content.size);
    struct libdeflate_decompressor *inflater;
    enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;
    size_t start = end == NULL ? content.size : (size_t)(end - content.data) + 2;

    picture->profile_is_late = true;
    if (start > PROFILE_NAME_MAX + 2 || start >= content.size)
        return 0;
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    for (size_t room = profile_first_bytes;
         result == LIBDEFLATE_INSUFFICIENT_SPACE && room <= profile_max_bytes; room *= 4) {
        free(picture->profile);
        if ((picture->profile = malloc(room)) == NULL)
            break;
        result = libdeflate_zlib_decompress(inflater, content.data + start, content.size - start,
                                            picture->profile, room, &picture->profile_size);
    }
    libdeflate_free_decompressor(inflater);
    if (result == LIBDEFLATE_SUCCESS)
        return 0;
    free(picture->profile);
    picture->profile = NULL;
    picture->profile_size = 0;
    return result == LIBDEFLATE_INSUFFICIENT_SPACE ? -ENOTSUP : 0;
}

/* The stream in one piece: the file's own bytes where one chunk holds it all. */
static int add_to_stream(struct png_picture *picture, struct bytes piece, size_t limit)
{
    struct buffer *gathered = &picture->gathered;
    int error = 0;

    if (picture->stream.data == NULL) {
        picture->stream = piece;
        return 0;
    }
    if (gathered->size == 0)
        error = buffer_append(gathered, picture->stream.data, picture->stream.size, limit);
    if (error == 0)
        error = buffer_append(gathered, piece.data, piece.size, limit);
    picture->stream = (struct bytes){gathered->data, gathered->size};
    return error;
}

/* Ancillary chunks and palettes that come too late mean nothing, to libpng neither (PNG, 5.6). */
static int read_chunk(struct png_picture *picture, const struct chunk *chunk, size_t limit)
{
    const bool late = picture->stream.data != NULL;

    if (is(chunk, "IDAT"))
        return add_to_stream(picture, chunk->data, limit);
    if (is(chunk, "PLTE"))
        return late ? 0 : read_palette(picture, chunk->data);
    if (is(chunk, "tRNS"))
        return late ? 0 : read_transparency(picture, chunk->data);
    if (is(chunk, "iCCP"))
        return late || picture->profile_is_late ? 0 : read_profile(picture, chunk->data);
    if (is(chunk, "eXIf"))
        return jpeg_exif_orientation(chunk->data.data, chunk->data.size) == 1 ? 0 : -ENOTSUP;
    /* Unknown ones that change the meaning of pixels. */
    return (chunk->name[0] & ANCILLARY) == 0 || is(chunk, "cICP") ? -ENOTSUP : 0;
}

/*
 * What is rare is read to its end all the same, so that damage is found here and no other decoder sees
 * it: libpng believes the length of a chunk (eXIf) and asks for as much memory before it reads a byte.
 */
int png_open(struct png_picture *picture, const uint8_t *data, size_t size)
{
    const struct bytes file = {data, size};
    size_t at = SIGNATURE_BYTES;
    struct chunk chunk;
    bool rare = false;
    int status;

    *picture = (struct png_picture){0};
    status = next_chunk(file, &at, &chunk);
    if (status == 0)
        status = read_header(picture, &chunk);
    while (status == 0 || status == -ENOTSUP) {
        rare = rare || status != 0;
        status = next_chunk(file, &at, &chunk);
        if (status == 0 && is(&chunk, "IEND"))
            break;
        if (status == 0)
            status = read_chunk(picture, &chunk, size);
    }
    if (status != 0)
        return status;
    if (picture->stream.data == NULL || (picture->has_palette && picture->colours == 0))
        return STATUS_IMAGE_CORRUPT;
    return rare ? -ENOTSUP : 0;
}

unsigned png_orientation(const uint8_t *data, size_t size)
{
    size_t at = SIGNATURE_BYTES;
    struct chunk chunk;

    while (next_chunk((struct bytes){data, size}, &at, &chunk) == 0 && !is(&chunk, "IEND")) {
        if (is(&chunk, "eXIf"))
            return jpeg_exif_orientation(chunk.data.data, chunk.data.size);
    }
    return 1;
}

static bool is_needed(const struct chunk *chunk)
{
    return (chunk->name[0] & ANCILLARY) == 0 || is(chunk, "tRNS") || is(chunk, "iCCP") ||
           is(chunk, "pHYs");
}

int png_strip(const uint8_t *data, size_t size, struct buffer *stripped)
{
    size_t at = SIGNATURE_BYTES, start = at;
    struct chunk chunk;
    int error = buffer_reserve(stripped, size);

    if (error == 0)
        error = buffer_append(stripped, data, SIGNATURE_BYTES, size);
    for (; error == 0 && next_chunk((struct bytes){data, size}, &at, &chunk) == 0; start = at) {
        if (is_needed(&chunk))
            error = buffer_append(stripped, data + start, at - start, size);
        if (is(&chunk, "IEND"))
            break;
    }
    return error;
}

void png_palette_to_gray(struct png_picture *picture)
{
    for (size_t i = 0; i < PNG_PALETTE_MAX; i++) {
        uint8_t *colour = picture->palette[i];

        colour[0] = (uint8_t)luma(colour[0], colour[1], colour[2]);
        colour[1] = colour[3];
    }
    picture->bands = picture->bands == 4 ? 2 : 1;
}

void png_clear(struct png_picture *picture)
{
    free(picture->profile);
    buffer_clear(&picture->gathered);
    free(picture->filtered);
    free(picture->samples);
    *picture = (struct png_picture){0};
}
