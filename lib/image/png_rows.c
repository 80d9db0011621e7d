/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png_rows.h"

/* One zlib stream, in it rows that are differences to their neighbours, in those samples that share
 * bytes, have two, or are numbers of colours. */
#include "base/status.h"
#include "image/hot.h"
#include "image/png_unfilter.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

/* Whether what is stored is what the caller gets. */
static bool is_direct(const struct png_picture *picture)
{
    return picture->bits == 8 && !picture->has_palette;
}

static int inflate_stream(struct png_picture *picture, struct libdeflate_decompressor *inflater)
{
    size_t size = (picture->row_bytes + 1) * picture->height;

    picture->filtered = malloc(size + PNG_UNFILTER_MARGIN);
    if (picture->filtered == NULL)
        return -ENOMEM;
    /* Exactly so many bytes, or the picture is not whole. */
    if (libdeflate_zlib_decompress_ex(inflater, picture->stream.data, picture->stream.size,
                                      picture->filtered, size, NULL, NULL) != LIBDEFLATE_SUCCESS)
        return STATUS_IMAGE_CORRUPT;
    return 0;
}

int png_inflate(struct png_picture *picture)
{
    struct libdeflate_decompressor *inflater;
    int status;

    if (!is_direct(picture)) {
        size_t sample_bytes = picture->bits == 16 ? 2 : 1;

        picture->samples = malloc((size_t)picture->width * picture->bands * sample_bytes);
        if (picture->samples == NULL)
            return -ENOMEM;
    }
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    status = inflate_stream(picture, inflater);
    libdeflate_free_decompressor(inflater);
    return status;
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
    size_t count = (size_t)picture->width * picture->bands;

    for (size_t i = 0; i < count; i++)
        samples[i] = get_be16(row + 2 * i);
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
