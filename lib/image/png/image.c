/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/image.h"

/* PNG (W3C recommendation, second edition): a signature, then chunks. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/core/exif.h"
#include "image/probe/png_chunks.h"

#include <errno.h>
#include <libdeflate.h>

enum {
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

static bool is_sound(const struct png_chunk *chunk)
{
    return chunk->whole && libdeflate_crc32(0, chunk->name, chunk->data.size + 4) ==
                               get_be32(chunk->data.data + chunk->data.size);
}

/* Samples of a pixel as stored; 0: an invalid combination (PNG, 11.2.2). */
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

unsigned png_stored_bits(const struct png_image *image)
{
    unsigned samples = image->bands;

    if (image->has_palette)
        samples = 1;
    else if (image->has_key)
        samples--;
    return samples * image->bits;
}

static int read_header(struct png_image *image, const struct png_chunk *chunk)
{
    const uint8_t *header = chunk->data.data;
    unsigned samples;

    if (!png_chunk_is(chunk, "IHDR") || chunk->data.size != IHDR_BYTES || !is_sound(chunk))
        return STATUS_IMAGE_CORRUPT;
    image->width = get_be32(header);
    image->height = get_be32(header + 4);
    image->bits = header[8];
    image->has_palette = header[9] == COLOUR_PALETTE;
    samples = stored_samples(header[9], header[8]);
    image->bands = image->has_palette ? 3 : samples;
    if (image->width == 0 || image->height == 0 || samples == 0 || header[10] != 0 ||
        header[11] != 0 || header[12] > 1)
        return STATUS_IMAGE_CORRUPT;
    image->interlaced = header[12] == 1;
    image->row_bytes = (size_t)(((uint64_t)image->width * samples * image->bits + 7) / 8);
    image->step = image->bits < 8 ? 1 : samples * image->bits / 8;
    return 0;
}

/* What is interlaced is held twice. */
static bool is_too_large(const struct png_image *image)
{
    return image->row_bytes >= (filtered_max_bytes >> image->interlaced) / image->height;
}

static int read_palette(struct png_image *image, struct bytes colours)
{
    image->profile_is_late = true;
    if (!image->has_palette)
        return 0; /* a hint for screens of few colours */
    if (colours.size == 0 || colours.size % 3 != 0 || colours.size > 3 * PNG_PALETTE_MAX ||
        image->colours != 0)
        return STATUS_IMAGE_CORRUPT;
    image->colours = (unsigned)(colours.size / 3);
    if (image->colours > 1U << image->bits)
        image->colours = 1U << image->bits; /* no pixel can mean the others */
    for (size_t i = 0; i < PNG_PALETTE_MAX; i++) {
        if (i < image->colours)
            memcpy(image->palette[i], colours.data + 3 * i, 3);
        image->palette[i][3] = 255;
    }
    return 0;
}

static int read_palette_alpha(struct png_image *image, struct bytes alpha)
{
    if (alpha.size == 0 || alpha.size > image->colours)
        return 0; /* invalid or before its palette, and left out by libpng */
    image->bands = 4;
    for (size_t i = 0; i < alpha.size; i++)
        image->palette[i][3] = alpha.data[i];
    return 0;
}

/* A sample of the key always has 16 bits; only as many count as the image's samples have
 * (PNG, 11.3.2.1). */
static int read_transparency(struct png_image *image, struct bytes alpha)
{
    const unsigned most = (1u << image->bits) - 1;

    if (image->has_palette)
        return read_palette_alpha(image, alpha);
    if (image->bands % 2 == 0 || alpha.size != 2 * image->bands)
        return 0; /* has no meaning beside alpha; invalid */
    for (unsigned i = 0; i < image->bands; i++) {
        unsigned value = get_be16(alpha.data + 2 * i) & most;

        image->key[i] = (uint16_t)(image->bits < 8 ? value * (255 / most) : value);
    }
    image->has_key = true;
    image->bands++;
    return 0;
}

/* A profile that cannot be inflated is dropped and no other is tried: of thousands each would cost
 * as much as the first. */
static int inflate_profile(struct png_image *image, struct bytes deflated,
                           struct libdeflate_decompressor *inflater)
{
    enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;

    for (size_t room = profile_first_bytes;
         result == LIBDEFLATE_INSUFFICIENT_SPACE && room <= profile_max_bytes; room *= 4) {
        free(image->profile);
        if ((image->profile = malloc(room)) == NULL)
            return -ENOMEM;
        result = libdeflate_zlib_decompress(inflater, deflated.data, deflated.size, image->profile,
                                            room, &image->profile_size);
    }
    if (result == LIBDEFLATE_SUCCESS)
        return 0;
    free(image->profile);
    image->profile = NULL;
    image->profile_size = 0;
    return 0;
}

static int read_profile(struct png_image *image, struct bytes content)
{
    const uint8_t *end = memchr(content.data, '\0', content.size);
    size_t start = end == NULL ? content.size : (size_t)(end - content.data) + 2;
    struct libdeflate_decompressor *inflater;
    int status;

    image->profile_is_late = true;
    if (start > PROFILE_NAME_MAX + 2 || start >= content.size)
        return 0;
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    status = inflate_profile(image, (struct bytes){content.data + start, content.size - start},
                             inflater);
    libdeflate_free_decompressor(inflater);
    return status;
}

/* Gathers the stream; one chunk that holds all of it is used where it lies in the file. */
static int add_to_stream(struct png_image *image, struct bytes piece, size_t limit)
{
    struct buffer *gathered = &image->gathered;
    int status = 0;

    if (image->stream.data == NULL) {
        image->stream = piece;
        return 0;
    }
    if (gathered->size == 0)
        status = buffer_append(gathered, image->stream.data, image->stream.size, limit);
    if (status == 0)
        status = buffer_append(gathered, piece.data, piece.size, limit);
    image->stream = (struct bytes){gathered->data, gathered->size};
    return status;
}

/* Chunks that change pixels must be sound. Ancillary chunks and palettes that come too late are
 * ignored, as by libpng (PNG, 5.6). */
static int read_chunk(struct png_image *image, const struct png_chunk *chunk, size_t limit)
{
    const bool late = image->stream.data != NULL;

    if (png_chunk_is(chunk, "IDAT"))
        return chunk->whole && !is_sound(chunk) ? STATUS_IMAGE_CORRUPT
                                                : add_to_stream(image, chunk->data, limit);
    if (png_chunk_is(chunk, "eXIf") && !image->has_exif && is_sound(chunk)) {
        image->has_exif = true;
        image->orientation = exif_orientation(chunk->data.data, chunk->data.size);
    }
    if (late)
        return 0;
    if (png_chunk_is(chunk, "PLTE"))
        return image->has_palette && !is_sound(chunk) ? STATUS_IMAGE_CORRUPT
                                                      : read_palette(image, chunk->data);
    if (png_chunk_is(chunk, "tRNS"))
        return !is_sound(chunk) ? STATUS_IMAGE_CORRUPT : read_transparency(image, chunk->data);
    if (png_chunk_is(chunk, "iCCP") && !image->profile_is_late && is_sound(chunk))
        return read_profile(image, chunk->data);
    return (chunk->name[0] & ANCILLARY) == 0 ? STATUS_IMAGE_CORRUPT : 0; /* unknown, but needed */
}

/* A file without its end, or cut off behind its pixels, is accepted; whether it is cut off within
 * them is found when they are inflated. */
int png_open(struct png_image *image, const uint8_t *data, size_t size)
{
    const struct bytes file = {data, size};
    size_t at = PNG_SIGNATURE_BYTES;
    struct png_chunk chunk;
    int status = STATUS_IMAGE_CORRUPT;

    *image = (struct png_image){.orientation = 1};
    if (png_next_chunk(file, &at, &chunk))
        status = read_header(image, &chunk);
    while (status == 0 && png_next_chunk(file, &at, &chunk) && !png_chunk_is(&chunk, "IEND"))
        status = read_chunk(image, &chunk, size);
    if (status != 0)
        return status;
    if (image->stream.data == NULL || (image->has_palette && image->colours == 0))
        return STATUS_IMAGE_CORRUPT;
    return is_too_large(image) ? -ENOTSUP : 0;
}

static int append_chunk(struct buffer *file, const char *name, struct bytes content)
{
    const size_t start = file->size;
    uint8_t word[4];
    int status;

    put_be32(word, (uint32_t)content.size);
    status = buffer_append(file, word, 4, SIZE_MAX);
    if (status == 0)
        status = buffer_append(file, name, 4, SIZE_MAX);
    if (status == 0 && content.size > 0)
        status = buffer_append(file, content.data, content.size, SIZE_MAX);
    if (status != 0)
        return status;
    put_be32(word, libdeflate_crc32(0, file->data + start + 4, content.size + 4));
    return buffer_append(file, word, 4, SIZE_MAX);
}

int png_strip(const struct png_image *image, const uint8_t *data, size_t size,
              struct buffer *stripped)
{
    size_t at = PNG_SIGNATURE_BYTES;
    struct png_chunk chunk;
    int status = buffer_reserve(stripped, size + 2 * PNG_CHUNK_BYTES);

    if (status == 0)
        status = buffer_append(stripped, data, PNG_SIGNATURE_BYTES, SIZE_MAX);
    while (status == 0 && png_next_chunk((struct bytes){data, size}, &at, &chunk) &&
           !png_chunk_is(&chunk, "IDAT")) {
        if (png_chunk_is(&chunk, "IHDR") || png_chunk_is(&chunk, "PLTE") ||
            png_chunk_is(&chunk, "tRNS"))
            status = append_chunk(stripped, (const char *)chunk.name, chunk.data);
    }
    if (status == 0)
        status = append_chunk(stripped, "IDAT", image->stream);
    return status != 0 ? status : append_chunk(stripped, "IEND", (struct bytes){0});
}

void png_palette_to_gray(struct png_image *image)
{
    for (size_t i = 0; i < PNG_PALETTE_MAX; i++) {
        uint8_t *colour = image->palette[i];

        colour[0] = (uint8_t)luma(colour[0], colour[1], colour[2]);
        colour[1] = colour[3];
    }
    image->bands = image->bands == 4 ? 2 : 1;
}

void png_clear(struct png_image *image)
{
    free(image->profile);
    buffer_clear(&image->gathered);
    free(image->filtered);
    free(image->samples);
    free(image->keyed);
    *image = (struct png_image){0};
}
