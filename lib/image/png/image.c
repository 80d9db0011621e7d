/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/image.h"

/* PNG (W3C recommendation, second edition): a signature, then chunks. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/core/exif.h"

#include <errno.h>
#include <libdeflate.h>

enum {
    SIGNATURE_BYTES = 8,
    CHUNK_BYTES = 12, /* length, name, checksum */
    IHDR_BYTES = 13,
    COLOUR_GRAY = 0,
    COLOUR_RGB = 2,
    COLOUR_PALETTE = 3,
    COLOUR_GRAY_ALPHA = 4,
    COLOUR_RGB_ALPHA = 6,
    ANCILLARY = 0x20, /* in the first letter of a name */
    PROFILE_NAME_MAX = 79,
};

static const size_t filtered_max_bytes = (size_t)512 << 20;
static const size_t profile_first_bytes = (size_t)64 << 10, profile_max_bytes = (size_t)16 << 20;

struct chunk {
    const uint8_t *name;
    struct bytes data; /* what there is of it */
    bool whole;        /* its checksum, too */
};

static void put_be32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static bool is(const struct chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, 4) == 0;
}

/* The chunks of a file, one after the other; false at its end. */
static bool next_chunk(struct bytes file, size_t *at, struct chunk *chunk)
{
    size_t left;
    uint32_t length;

    if (!bytes_have(file, *at, CHUNK_BYTES - 4))
        return false;
    length = get_be32(file.data + *at);
    chunk->name = file.data + *at + 4;
    left = file.size - *at - 8;
    chunk->data = (struct bytes){chunk->name + 4, length < left ? length : left};
    chunk->whole = bytes_have(file, *at, (uint64_t)length + CHUNK_BYTES);
    *at = chunk->whole ? *at + length + CHUNK_BYTES : file.size;
    return true;
}

static bool is_sound(const struct chunk *chunk)
{
    return chunk->whole && libdeflate_crc32(0, chunk->name, chunk->data.size + 4) ==
                               get_be32(chunk->data.data + chunk->data.size);
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

unsigned png_stored_bits(const struct png_picture *picture)
{
    unsigned samples = picture->bands;

    if (picture->has_palette)
        samples = 1;
    else if (picture->has_key)
        samples--;
    return samples * picture->bits;
}

static int read_header(struct png_picture *picture, const struct chunk *chunk)
{
    const uint8_t *header = chunk->data.data;
    unsigned samples;

    if (!is(chunk, "IHDR") || chunk->data.size != IHDR_BYTES || !is_sound(chunk))
        return STATUS_IMAGE_CORRUPT;
    picture->width = get_be32(header);
    picture->height = get_be32(header + 4);
    picture->bits = header[8];
    picture->has_palette = header[9] == COLOUR_PALETTE;
    samples = stored_samples(header[9], header[8]);
    picture->bands = picture->has_palette ? 3 : samples;
    if (picture->width == 0 || picture->height == 0 || samples == 0 || header[10] != 0 ||
        header[11] != 0 || header[12] > 1)
        return STATUS_IMAGE_CORRUPT;
    picture->interlaced = header[12] == 1;
    picture->row_bytes = (size_t)(((uint64_t)picture->width * samples * picture->bits + 7) / 8);
    picture->step = picture->bits < 8 ? 1 : samples * picture->bits / 8;
    return 0;
}

/* What is interlaced is held twice. */
static bool is_too_large(const struct png_picture *picture)
{
    return picture->row_bytes >= (filtered_max_bytes >> picture->interlaced) / picture->height;
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

static int read_palette_alpha(struct png_picture *picture, struct bytes alpha)
{
    if (alpha.size == 0 || alpha.size > picture->colours)
        return 0; /* invalid or before its palette, and left out by libpng */
    picture->bands = 4;
    for (size_t i = 0; i < alpha.size; i++)
        picture->palette[i][3] = alpha.data[i];
    return 0;
}

/* Of the 16 bits that a sample of the key always has, those count that the picture's samples have.
 */
static int read_transparency(struct png_picture *picture, struct bytes alpha)
{
    const unsigned most = (1u << picture->bits) - 1;

    if (picture->has_palette)
        return read_palette_alpha(picture, alpha);
    if (picture->bands % 2 == 0 || alpha.size != 2 * picture->bands)
        return 0; /* has no meaning beside alpha; invalid */
    for (unsigned i = 0; i < picture->bands; i++) {
        unsigned value = get_be16(alpha.data + 2 * i) & most;

        picture->key[i] = (uint16_t)(picture->bits < 8 ? value * (255 / most) : value);
    }
    picture->has_key = true;
    picture->bands++;
    return 0;
}

/* One that cannot be read is none, and no other is looked for: of thousands that do not inflate
 * each would cost as much as the first. */
static int inflate_profile(struct png_picture *picture, struct bytes deflated,
                           struct libdeflate_decompressor *inflater)
{
    enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;

    for (size_t room = profile_first_bytes;
         result == LIBDEFLATE_INSUFFICIENT_SPACE && room <= profile_max_bytes; room *= 4) {
        free(picture->profile);
        if ((picture->profile = malloc(room)) == NULL)
            return -ENOMEM;
        result = libdeflate_zlib_decompress(inflater, deflated.data, deflated.size,
                                            picture->profile, room, &picture->profile_size);
    }
    if (result == LIBDEFLATE_SUCCESS)
        return 0;
    free(picture->profile);
    picture->profile = NULL;
    picture->profile_size = 0;
    return 0;
}

static int read_profile(struct png_picture *picture, struct bytes content)
{
    const uint8_t *end = memchr(content.data, '\0', content.size);
    size_t start = end == NULL ? content.size : (size_t)(end - content.data) + 2;
    struct libdeflate_decompressor *inflater;
    int error;

    picture->profile_is_late = true;
    if (start > PROFILE_NAME_MAX + 2 || start >= content.size)
        return 0;
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    error = inflate_profile(picture, (struct bytes){content.data + start, content.size - start},
                            inflater);
    libdeflate_free_decompressor(inflater);
    return error;
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

/* Those that change pixels have to be sound. Ancillary chunks and palettes that come too late mean
 * nothing, to libpng neither (PNG, 5.6). */
static int read_chunk(struct png_picture *picture, const struct chunk *chunk, size_t limit)
{
    const bool late = picture->stream.data != NULL;

    if (is(chunk, "IDAT"))
        return chunk->whole && !is_sound(chunk) ? STATUS_IMAGE_CORRUPT
                                                : add_to_stream(picture, chunk->data, limit);
    if (is(chunk, "eXIf") && !picture->has_exif && is_sound(chunk)) {
        picture->has_exif = true;
        picture->orientation = exif_orientation(chunk->data.data, chunk->data.size);
    }
    if (late)
        return 0;
    if (is(chunk, "PLTE"))
        return picture->has_palette && !is_sound(chunk) ? STATUS_IMAGE_CORRUPT
                                                        : read_palette(picture, chunk->data);
    if (is(chunk, "tRNS"))
        return !is_sound(chunk) ? STATUS_IMAGE_CORRUPT : read_transparency(picture, chunk->data);
    if (is(chunk, "iCCP") && !picture->profile_is_late && is_sound(chunk))
        return read_profile(picture, chunk->data);
    return (chunk->name[0] & ANCILLARY) == 0 ? STATUS_IMAGE_CORRUPT : 0; /* unknown, but needed */
}

/* A file without its end, or cut off behind its pixels, is as good as another; whether it is cut
 * off in them is seen when they are inflated. */
int png_open(struct png_picture *picture, const uint8_t *data, size_t size)
{
    const struct bytes file = {data, size};
    size_t at = SIGNATURE_BYTES;
    struct chunk chunk;
    int status = STATUS_IMAGE_CORRUPT;

    *picture = (struct png_picture){.orientation = 1};
    if (next_chunk(file, &at, &chunk))
        status = read_header(picture, &chunk);
    while (status == 0 && next_chunk(file, &at, &chunk) && !is(&chunk, "IEND"))
        status = read_chunk(picture, &chunk, size);
    if (status != 0)
        return status;
    if (picture->stream.data == NULL || (picture->has_palette && picture->colours == 0))
        return STATUS_IMAGE_CORRUPT;
    return is_too_large(picture) ? -ENOTSUP : 0;
}

static int append_chunk(struct buffer *file, const char *name, struct bytes content)
{
    const size_t start = file->size;
    uint8_t word[4];
    int error;

    put_be32(word, (uint32_t)content.size);
    error = buffer_append(file, word, 4, SIZE_MAX);
    if (error == 0)
        error = buffer_append(file, name, 4, SIZE_MAX);
    if (error == 0 && content.size > 0)
        error = buffer_append(file, content.data, content.size, SIZE_MAX);
    if (error != 0)
        return error;
    put_be32(word, libdeflate_crc32(0, file->data + start + 4, content.size + 4));
    return buffer_append(file, word, 4, SIZE_MAX);
}

int png_strip(const struct png_picture *picture, const uint8_t *data, size_t size,
              struct buffer *stripped)
{
    size_t at = SIGNATURE_BYTES;
    struct chunk chunk;
    int error = buffer_reserve(stripped, size + 2 * CHUNK_BYTES);

    if (error == 0)
        error = buffer_append(stripped, data, SIGNATURE_BYTES, SIZE_MAX);
    while (error == 0 && next_chunk((struct bytes){data, size}, &at, &chunk) &&
           !is(&chunk, "IDAT")) {
        if (is(&chunk, "IHDR") || is(&chunk, "PLTE") || is(&chunk, "tRNS"))
            error = append_chunk(stripped, (const char *)chunk.name, chunk.data);
    }
    if (error == 0)
        error = append_chunk(stripped, "IDAT", picture->stream);
    return error != 0 ? error : append_chunk(stripped, "IEND", (struct bytes){0});
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
    free(picture->keyed);
    *picture = (struct png_picture){0};
}
