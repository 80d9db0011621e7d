/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/reducer.h"

#include "image/core/multiversion.h"

#include <errno.h>
#include <stdlib.h>

/*
 * A row of the canvas is filtered horizontally once, when the first row of the result needs it, and
 * kept while later rows do. Alpha is 0 or 255 and transparent pixels are 0, so the pixels count as
 * premultiplied. A pixel is one vector.
 */
enum { CHANNELS = 4, ALIGNMENT = 64 };

/* One half, less the rounding error of floats. */
static const float HALF_OPAQUE = 127.49F;

typedef float pixel
    __attribute__((vector_size(CHANNELS * sizeof(float)), aligned(CHANNELS * sizeof(float))));

static void *allocate_aligned(size_t count, size_t size)
{
    return aligned_alloc(ALIGNMENT, (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

int gif_reducer_begin(struct gif_reducer *reducer, uint32_t width, uint32_t height,
                      uint32_t to_width, uint32_t to_height)
{
    *reducer = (struct gif_reducer){
        .width = width, .height = height, .to_width = to_width, .to_height = to_height};
    if (lanczos_filter_begin(&reducer->horizontal, width, to_width) != 0 ||
        lanczos_filter_begin(&reducer->vertical, height, to_height) != 0)
        return -ENOMEM;
    reducer->row = allocate_aligned(width, sizeof(pixel));
    reducer->narrow = allocate_aligned((size_t)to_width * reducer->vertical.taps, sizeof(pixel));
    return reducer->row == NULL || reducer->narrow == NULL ? -ENOMEM : 0;
}

/* The samples of the result whose filter covers any of from..to. */
static void find_filter_reach(const struct lanczos_filter *filter, uint32_t from, uint32_t to,
                              uint32_t *first, uint32_t *end)
{
    *first = 0;
    while (*first < filter->count && filter->first[*first] + filter->taps <= from)
        ++*first;
    *end = filter->count;
    while (*end > *first && filter->first[*end - 1] >= to)
        --*end;
}

struct gif_area gif_reducer_reach(const struct gif_reducer *reducer, struct gif_area area)
{
    struct gif_area reach = {0};

    if (gif_area_is_empty(area))
        return reach;
    find_filter_reach(&reducer->horizontal, area.left, area.right, &reach.left, &reach.right);
    find_filter_reach(&reducer->vertical, area.top, area.bottom, &reach.top, &reach.bottom);
    return reach;
}

_multiversion_ static void load_canvas_row(const uint32_t *restrict from, float *restrict row,
                                           uint32_t width)
{
    const uint8_t *samples = (const uint8_t *)from;

    for (size_t i = 0; i < (size_t)width * CHANNELS; i++)
        row[i] = (float)samples[i];
}

/* Filters row `y` of the canvas horizontally, to the columns left..right of the result. */
_multiversion_ static void filter_canvas_row(struct gif_reducer *reducer, const uint32_t *pixels,
                                             uint32_t y, uint32_t left, uint32_t right)
{
    const struct lanczos_filter *filter = &reducer->horizontal;
    const uint32_t from = filter->first[left], to = filter->first[right - 1] + filter->taps;
    const pixel *row = (const pixel *)(void *)reducer->row;
    pixel *narrow =
        (pixel *)(void *)reducer->narrow + (size_t)(y % reducer->vertical.taps) * reducer->to_width;

    load_canvas_row(pixels + (size_t)y * reducer->width + from,
                    reducer->row + (size_t)from * CHANNELS, to - from);
    for (uint32_t x = left; x < right; x++) {
        const float *weights = filter->weights + (size_t)x * filter->taps;
        const pixel *first = row + filter->first[x];
        pixel sum = {0}, other = {0};
        uint32_t n = 0;

        for (; n + 2 <= filter->taps; n += 2) {
            sum += first[n] * weights[n];
            other += first[n + 1] * weights[n + 1];
        }
        if (n < filter->taps)
            sum += first[n] * weights[n];
        narrow[x] = sum + other;
    }
}

static _inline_ uint8_t to_sample_8(float value)
{
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5F);
}

static _inline_ uint32_t to_straight(pixel sum)
{
    const float weight = 255 / sum[3];
    uint8_t samples[CHANNELS] = {0};
    uint32_t straight;

    if (sum[3] >= HALF_OPAQUE) {
        for (unsigned i = 0; i < 3; i++)
            samples[i] = to_sample_8(sum[i] * weight);
        samples[3] = 255;
    }
    memcpy(&straight, samples, sizeof(straight));
    return straight;
}

/* Row `y` of the result. */
_multiversion_ static void filter_columns(const struct gif_reducer *reducer, uint32_t y,
                                          uint32_t left, uint32_t right, uint32_t *to)
{
    const struct lanczos_filter *filter = &reducer->vertical;
    const float *weights = filter->weights + (size_t)y * filter->taps;
    const pixel *narrow = (const pixel *)(void *)reducer->narrow;
    const uint32_t start = filter->first[y] % filter->taps; /* `narrow` is a ring */

    for (uint32_t x = left; x < right; x++) {
        pixel sum = {0};

        for (uint32_t n = 0; n < filter->taps; n++) {
            uint32_t place = start + n < filter->taps ? start + n : start + n - filter->taps;

            sum += narrow[(size_t)place * reducer->to_width + x] * weights[n];
        }
        to[x] = to_straight(sum);
    }
}

void gif_reducer_area(struct gif_reducer *reducer, const uint32_t *pixels, struct gif_area area,
                      uint32_t *to)
{
    const struct lanczos_filter *vertical = &reducer->vertical;
    uint32_t next;

    if (gif_area_is_empty(area))
        return;
    next = vertical->first[area.top];
    for (uint32_t y = area.top; y < area.bottom; y++) {
        if (next < vertical->first[y])
            next = vertical->first[y];
        for (; next < vertical->first[y] + vertical->taps; next++)
            filter_canvas_row(reducer, pixels, next, area.left, area.right);
        filter_columns(reducer, y, area.left, area.right, to + (size_t)y * reducer->to_width);
    }
}

void gif_reducer_clear(struct gif_reducer *reducer)
{
    lanczos_filter_clear(&reducer->horizontal);
    lanczos_filter_clear(&reducer->vertical);
    free(reducer->row);
    free(reducer->narrow);
    *reducer = (struct gif_reducer){0};
}
