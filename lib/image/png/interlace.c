/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/interlace.h"

#include "base/status.h"
#include "image/core/multiversion.h"
#include "image/png/unfilter.h"

#include <errno.h>
#include <stdlib.h>

enum { PASSES = 7 };

/* The first pixel of each pass, and the steps to the next ones. */
static const struct {
    uint8_t left, top, horizontal, vertical;
} passes[PASSES] = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
    {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
};

struct pass {
    uint32_t width, height; /* either may be 0: then there are no rows */
    size_t row_bytes;
};

static uint32_t count_steps(uint32_t length, unsigned start, unsigned step)
{
    return length <= start ? 0 : (length - start + step - 1) / step;
}

static struct pass measure_pass(const struct png_image *image, unsigned number)
{
    struct pass pass = {
        .width = count_steps(image->width, passes[number].left, passes[number].horizontal),
        .height = count_steps(image->height, passes[number].top, passes[number].vertical),
    };

    if (pass.width == 0)
        pass.height = 0;
    pass.row_bytes = ((size_t)pass.width * png_stored_bits(image) + 7) / 8;
    return pass;
}

size_t png_interlaced_bytes(const struct png_image *image)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < PASSES; i++) {
        struct pass pass = measure_pass(image, i);

        bytes += (pass.row_bytes + 1) * pass.height;
    }
    return bytes;
}

static _inline_ void scatter_bytes(const uint8_t *in, uint32_t count, uint8_t *out, size_t step,
                                   size_t bytes)
{
    for (uint32_t x = 0; x < count; x++, in += bytes, out += step)
        memcpy(out, in, bytes);
}

/* The first of several pixels in a byte is in its highest bits. */
static void scatter_bits(const uint8_t *in, uint32_t count, uint8_t *out, unsigned number,
                         unsigned bits)
{
    for (uint32_t x = 0; x < count; x++) {
        size_t from = (size_t)x * bits;
        size_t to = (passes[number].left + (size_t)x * passes[number].horizontal) * bits;
        unsigned value = in[from / 8] >> (8 - bits - from % 8) & ((1u << bits) - 1);

        out[to / 8] |= (uint8_t)(value << (8 - bits - to % 8));
    }
}

static void scatter(const struct png_image *image, const struct pass *pass, unsigned number,
                    const uint8_t *in, uint8_t *out)
{
    const size_t bytes = image->step, step = bytes * passes[number].horizontal;

    if (image->bits < 8) {
        scatter_bits(in, pass->width, out, number, image->bits);
        return;
    }
    out += passes[number].left * bytes;
    if (bytes == 1)
        scatter_bytes(in, pass->width, out, step, 1);
    else if (bytes == 3)
        scatter_bytes(in, pass->width, out, step, 3);
    else if (bytes == 4)
        scatter_bytes(in, pass->width, out, step, 4);
    else
        scatter_bytes(in, pass->width, out, step, bytes);
}

/* *at is moved behind the pass. */
static int place_pass(const struct png_image *image, unsigned number, uint8_t **at, uint8_t *rows)
{
    const struct pass pass = measure_pass(image, number);
    const size_t stride = image->row_bytes + 1;
    uint8_t *above = NULL;

    for (uint32_t y = 0; y < pass.height; y++) {
        uint8_t *row = *at + 1;
        size_t line = passes[number].top + (size_t)y * passes[number].vertical;

        if (row[-1] >= FILTER_COUNT)
            return STATUS_IMAGE_CORRUPT;
        png_unfilter(row[-1], row, above, pass.row_bytes, image->step);
        scatter(image, &pass, number, row, rows + line * stride + 1);
        above = row;
        *at += pass.row_bytes + 1;
    }
    return 0;
}

int png_deinterlace(struct png_image *image)
{
    const size_t size = (image->row_bytes + 1) * image->height;
    uint8_t *rows = calloc(1, size + PNG_UNFILTER_MARGIN), *at = image->filtered;
    int status = rows == NULL ? -ENOMEM : 0;

    for (unsigned i = 0; i < PASSES && status == 0; i++)
        status = place_pass(image, i, &at, rows);
    free(image->filtered);
    image->filtered = rows;
    return status;
}
