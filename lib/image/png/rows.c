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

/* Room behind the pixels: no piece of a deflated stream is longer, so if it overflows all pixels
 * are there. */
enum { SLACK_BYTES = 65536 + PNG_UNFILTER_MARGIN };

/* Whether what is stored is what the caller gets. */
static bool is_direct(const struct png_image *image)
{
    return image->bits == 8 && !image->has_palette;
}

static size_t filtered_size(const struct png_image *image)
{
    if (image->interlaced)
        return png_interlaced_bytes(image);
    return (image->row_bytes + 1) * image->height;
}

static int inflate_stream(struct png_image *image, struct libdeflate_decompressor *inflater)
{
    size_t size = filtered_size(image), inflated = 0;

    image->filtered = malloc(size + SLACK_BYTES);
    if (image->filtered == NULL)
        return -ENOMEM;
    switch (libdeflate_zlib_decompress_ex(inflater, image->stream.data, image->stream.size,
                                          image->filtered, size + SLACK_BYTES, NULL, &inflated)) {
    case LIBDEFLATE_SUCCESS:
        return inflated >= size ? 0 : STATUS_IMAGE_CORRUPT;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
        return 0; /* for what did not fit into the slack; all before is there */
    default:
        return png_inflate_without_end(image->stream, image->filtered, size);
    }
}

static int allocate_row(const struct png_image *image, uint8_t **row)
{
    size_t sample_bytes = image->bits == 16 ? 2 : 1;

    *row = malloc((size_t)image->width * image->bands * sample_bytes);
    return *row == NULL ? -ENOMEM : 0;
}

int png_inflate(struct png_image *image)
{
    struct libdeflate_decompressor *inflater;
    int status = 0;

    if (!is_direct(image))
        status = allocate_row(image, &image->samples);
    if (status == 0 && image->has_key)
        status = allocate_row(image, &image->keyed);
    if (status != 0)
        return status;
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    status = inflate_stream(image, inflater);
    libdeflate_free_decompressor(inflater);
    return status == 0 && image->interlaced ? png_deinterlace(image) : status;
}

/* Sample x of few bits: the first of a byte is in its highest bits. */
static unsigned packed_sample(const uint8_t *row, size_t x, unsigned bits)
{
    size_t bit = x * bits;

    return row[bit / 8] >> (8 - bits - bit % 8) & ((1u << bits) - 1);
}

static _inline_ void look_up_colours(const struct png_image *image, const uint8_t *row,
                                     unsigned bands)
{
    uint8_t *out = image->samples;

    for (size_t x = 0; x < image->width; x++, out += bands) {
        unsigned index = image->bits == 8 ? row[x] : packed_sample(row, x, image->bits);

        memcpy(out, image->palette[index], bands);
    }
}

static void expand_palette(const struct png_image *image, const uint8_t *row)
{
    if (image->bands == 1)
        look_up_colours(image, row, 1);
    else if (image->bands == 2)
        look_up_colours(image, row, 2);
    else if (image->bands == 3)
        look_up_colours(image, row, 3);
    else
        look_up_colours(image, row, 4);
}

static void expand_few_bits(const struct png_image *image, const uint8_t *row)
{
    const unsigned bits = image->bits, stretch = 255 / ((1u << bits) - 1);

    for (size_t x = 0; x < image->width; x++)
        image->samples[x] = (uint8_t)(packed_sample(row, x, bits) * stretch);
}

static void swap_bytes(const struct png_image *image, const uint8_t *row)
{
    uint16_t *samples = (uint16_t *)(void *)image->samples;
    size_t count = image->row_bytes / 2;

    for (size_t i = 0; i < count; i++)
        samples[i] = get_be16(row + 2 * i);
}

/* --- one colour that stands for transparent
 * ------------------------------------------------------- */

static _inline_ void add_alpha_8(const struct png_image *image, const uint8_t *in, unsigned bands)
{
    uint8_t *out = image->keyed;

    for (size_t x = 0; x < image->width; x++, in += bands, out += bands + 1) {
        bool is_key = true;

        for (unsigned i = 0; i < bands; i++) {
            out[i] = in[i];
            is_key = is_key && in[i] == image->key[i];
        }
        out[bands] = is_key ? 0 : UINT8_MAX;
    }
}

static _inline_ void add_alpha_16(const struct png_image *image, const uint16_t *in, unsigned bands)
{
    uint16_t *out = (uint16_t *)(void *)image->keyed;

    for (size_t x = 0; x < image->width; x++, in += bands, out += bands + 1) {
        bool is_key = true;

        for (unsigned i = 0; i < bands; i++) {
            out[i] = in[i];
            is_key = is_key && in[i] == image->key[i];
        }
        out[bands] = is_key ? 0 : UINT16_MAX;
    }
}

static const void *add_alpha(const struct png_image *image, const void *samples)
{
    if (image->bits == 16)
        add_alpha_16(image, samples, image->bands - 1);
    else
        add_alpha_8(image, samples, image->bands - 1);
    return image->keyed;
}

/* ------------------------------------------------------------------------------------------------
 */

/* The samples of a row that is no longer filtered. */
static const void *expand(const struct png_image *image, const uint8_t *row)
{
    if (is_direct(image))
        return row;
    if (image->has_palette)
        expand_palette(image, row);
    else if (image->bits == 16)
        swap_bytes(image, row);
    else
        expand_few_bits(image, row);
    return image->samples;
}

const void *png_next_row(struct png_image *image)
{
    size_t stride = image->row_bytes + 1;
    uint8_t *row = image->filtered + image->row * stride + 1;
    const uint8_t *above = image->row == 0 ? NULL : row - stride;

    if (row[-1] >= FILTER_COUNT)
        return NULL;
    png_unfilter(row[-1], row, above, image->row_bytes, image->step);
    image->row++;
    return image->has_key ? add_alpha(image, expand(image, row)) : expand(image, row);
}
