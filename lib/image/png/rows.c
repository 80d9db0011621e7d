/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/rows.h"

/* One zlib stream, in it rows that are differences to their neighbours, in those samples that share
 * bytes, have two, or are numbers of colours. */
#include "base/status.h"
#include "image/core/multiversion.h"
#include "image/png/end.h"
#include "image/png/interlace.h"
#include "image/png/unfilter.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

/* Room behind the pixels for more than they need: no piece of a deflated stream is longer, so where
 * it is not enough all pixels are there. */
enum { SLACK_BYTES = 65536 + PNG_UNFILTER_MARGIN };

/* Whether what is stored is what the caller gets. */
static bool is_direct(const struct png_picture *picture)
{
    return picture->bits == 8 && !picture->has_palette;
}

static size_t filtered_bytes(const struct png_picture *picture)
{
    if (picture->interlaced)
        return png_interlaced_bytes(picture);
    return (picture->row_bytes + 1) * picture->height;
}

static int inflate_stream(struct png_picture *picture, struct libdeflate_decompressor *inflater)
{
    size_t size = filtered_bytes(picture), inflated = 0;

    picture->filtered = malloc(size + SLACK_BYTES);
    if (picture->filtered == NULL)
        return -ENOMEM;
    switch (libdeflate_zlib_decompress_ex(inflater, picture->stream.data, picture->stream.size,
                                          picture->filtered, size + SLACK_BYTES, NULL, &inflated)) {
    case LIBDEFLATE_SUCCESS:
        return inflated >= size ? 0 : STATUS_IMAGE_CORRUPT;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
        return 0; /* for what did not fit into the slack; all before is there */
    default:
        return png_inflate_without_end(picture->stream, picture->filtered, size);
    }
}

static int allocate_row(const struct png_picture *picture, uint8_t **row)
{
    size_t sample_bytes = picture->bits == 16 ? 2 : 1;

    *row = malloc((size_t)picture->width * picture->bands * sample_bytes);
    return *row == NULL ? -ENOMEM : 0;
}

int png_inflate(struct png_picture *picture)
{
    struct libdeflate_decompressor *inflater;
    int status = 0;

    if (!is_direct(picture))
        status = allocate_row(picture, &picture->samples);
    if (status == 0 && picture->has_key)
        status = allocate_row(picture, &picture->keyed);
    if (status != 0)
        return status;
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    status = inflate_stream(picture, inflater);
    libdeflate_free_decompressor(inflater);
    return status == 0 && picture->interlaced ? png_deinterlace(picture) : status;
}

/* Sample x of few bits: the first of a byte is in its highest bits. */
static unsigned packed_sample(const uint8_t *row, size_t x, unsigned bits)
{
    size_t bit = x * bits;

    return row[bit / 8] >> (8 - bits - bit % 8) & ((1u << bits) - 1);
}

static _inline_ void look_up(const struct png_picture *picture, const uint8_t *row, unsigned bands)
{
    uint8_t *out = picture->samples;

    for (size_t x = 0; x < picture->width; x++, out += bands) {
        unsigned index = picture->bits == 8 ? row[x] : packed_sample(row, x, picture->bits);

        memcpy(out, picture->palette[index], bands);
    }
}

static void expand_palette(const struct png_picture *picture, const uint8_t *row)
{
    if (picture->bands == 1)
        look_up(picture, row, 1);
    else if (picture->bands == 2)
        look_up(picture, row, 2);
    else if (picture->bands == 3)
        look_up(picture, row, 3);
    else
        look_up(picture, row, 4);
}

static void expand_few_bits(const struct png_picture *picture, const uint8_t *row)
{
    const unsigned bits = picture->bits, stretch = 255 / ((1u << bits) - 1);

    for (size_t x = 0; x < picture->width; x++)
        picture->samples[x] = (uint8_t)(packed_sample(row, x, bits) * stretch);
}

static void swap_bytes(const struct png_picture *picture, const uint8_t *row)
{
    uint16_t *samples = (uint16_t *)(void *)picture->samples;
    size_t count = picture->row_bytes / 2;

    for (size_t i = 0; i < count; i++)
        samples[i] = get_be16(row + 2 * i);
}

/* --- one colour that stands for transparent
 * ------------------------------------------------------- */

static _inline_ void add_alpha_8(const struct png_picture *picture, const uint8_t *in,
                                 unsigned bands)
{
    uint8_t *out = picture->keyed;

    for (size_t x = 0; x < picture->width; x++, in += bands, out += bands + 1) {
        bool is_key = true;

        for (unsigned i = 0; i < bands; i++) {
            out[i] = in[i];
            is_key = is_key && in[i] == picture->key[i];
        }
        out[bands] = is_key ? 0 : UINT8_MAX;
    }
}

static _inline_ void add_alpha_16(const struct png_picture *picture, const uint16_t *in,
                                  unsigned bands)
{
    uint16_t *out = (uint16_t *)(void *)picture->keyed;

    for (size_t x = 0; x < picture->width; x++, in += bands, out += bands + 1) {
        bool is_key = true;

        for (unsigned i = 0; i < bands; i++) {
            out[i] = in[i];
            is_key = is_key && in[i] == picture->key[i];
        }
        out[bands] = is_key ? 0 : UINT16_MAX;
    }
}

static const void *add_alpha(const struct png_picture *picture, const void *samples)
{
    if (picture->bits == 16)
        add_alpha_16(picture, samples, picture->bands - 1);
    else
        add_alpha_8(picture, samples, picture->bands - 1);
    return picture->keyed;
}

/* ------------------------------------------------------------------------------------------------
 */

/* The samples of a row that is no longer filtered. */
static const void *expand(const struct png_picture *picture, const uint8_t *row)
{
    if (is_direct(picture))
        return row;
    if (picture->has_palette)
        expand_palette(picture, row);
    else if (picture->bits == 16)
        swap_bytes(picture, row);
    else
        expand_few_bits(picture, row);
    return picture->samples;
}

const void *png_next_row(struct png_picture *picture)
{
    size_t stride = picture->row_bytes + 1;
    uint8_t *row = picture->filtered + picture->row * stride + 1;
    const uint8_t *above = picture->row == 0 ? NULL : row - stride;

    if (row[-1] >= FILTER_COUNT)
        return NULL;
    png_unfilter(row[-1], row, above, picture->row_bytes, picture->step);
    picture->row++;
    return picture->has_key ? add_alpha(picture, expand(picture, row)) : expand(picture, row);
}
