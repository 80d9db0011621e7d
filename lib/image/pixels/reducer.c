/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/reducer.h"

#include "image/core/multiversion.h"
#include "image/core/processor.h"
#include "image/core/simd.h"
#include "image/pixels/reducer_kernels.h"
#include "image/pixels/reducer_taps.h"
#include "image/pixels/transpose.h"

/*
 * There is one filter, the vertical one: neighbouring samples are neighbours in memory there, and
 * sixteen are filtered at once. A strip of STRIP_ROWS filtered rows is transposed and filtered
 * vertically again, which is horizontally; that is cheaper than gathering.
 *
 *     window (rows going in) -> strip -> turned (its columns) -> narrow (8 bits) -> plane
 */
enum {
    STRIP_ROWS = 32,
    SAMPLE_BYTES = 2,
    WINDOW_SLACK = REDUCER_ROWS_MAX, /* rows that go in before the window is moved up */
};

/* The kernels of one direction. */
static const struct reducer_kernels *kernels_of(const struct reducer *reducer,
                                                const struct reducer_filter *filter)
{
    return filter->stride >= REDUCER_TAPS_MANY ? &reducer_kernels_many : reducer->kernels;
}

static const struct reducer_kernels *choose_reducer_kernels(void)
{
#if SIMD_X86
    if (processor_has_avx2())
        return &reducer_kernels_avx2;
#endif
    return &reducer_kernels_plain;
}

/* --- memory -------------------------------------------------------------------------------------
 */

/* A row going in, with whole groups. */
static size_t window_row_bytes(const struct reducer_options *options)
{
    return plane_aligned(((size_t)options->padded_width + REDUCER_GROUP + 16) * SAMPLE_BYTES);
}

static size_t filter_bytes(const struct reducer_axis *axis)
{
    return plane_aligned(axis->to * sizeof(struct reducer_taps)) +
           plane_aligned((size_t)axis->to * reducer_count_taps(axis) * sizeof(int16_t));
}

static uint32_t window_rows(const struct reducer_options *options)
{
    return reducer_count_taps(&options->vertical) + WINDOW_SLACK + REDUCER_ROWS_MAX;
}

size_t reducer_bytes(const struct reducer_options *options)
{
    return filter_bytes(&options->horizontal) + filter_bytes(&options->vertical) +
           window_row_bytes(options) * (window_rows(options) + STRIP_ROWS) +
           plane_aligned((size_t)options->horizontal.length + 16) * STRIP_ROWS * SAMPLE_BYTES +
           plane_aligned((size_t)options->horizontal.to + 16) * STRIP_ROWS;
}

static uint8_t *take(uint8_t **memory, size_t bytes)
{
    uint8_t *taken = *memory;

    *memory += bytes;
    return taken;
}

static void begin_direction(struct reducer_filter *filter, const struct reducer_axis *axis,
                            uint8_t **memory)
{
    filter->count = axis->to;
    filter->stride = reducer_count_taps(axis);
    filter->taps = (struct reducer_taps *)(void *)take(
        memory, plane_aligned(axis->to * sizeof(struct reducer_taps)));
    filter->weights = (int16_t *)(void *)take(
        memory, plane_aligned((size_t)axis->to * filter->stride * sizeof(int16_t)));
    reducer_find_weights(filter, axis);
}

void reducer_begin(struct reducer *reducer, const struct reducer_options *options, uint8_t *memory,
                   struct plane *to)
{
    const size_t width = options->horizontal.length;

    *reducer = (struct reducer){.kernels = choose_reducer_kernels(),
                                .width = options->horizontal.length,
                                .height = options->vertical.length,
                                .pitch = window_row_bytes(options),
                                .window_rows = window_rows(options),
                                .to = to,
                                .transposed = options->transposed};
    begin_direction(&reducer->horizontal, &options->horizontal, &memory);
    begin_direction(&reducer->vertical, &options->vertical, &memory);
    reducer->window = take(&memory, reducer->pitch * reducer->window_rows);
    reducer->strip = take(&memory, reducer->pitch * STRIP_ROWS);
    reducer->turned = take(&memory, plane_aligned(width + 16) * STRIP_ROWS * SAMPLE_BYTES);
    reducer->narrow =
        take(&memory, plane_aligned((size_t)options->horizontal.to + 16) * STRIP_ROWS);
}

/* --- at work ------------------------------------------------------------------------------------
 */

_multiversion_ static void turn_strip(struct reducer *reducer)
{
    const size_t turned_pitch = STRIP_ROWS * SAMPLE_BYTES;

    for (uint32_t x = 0; x < reducer->width; x += 8)
        for (uint32_t y = 0; y < STRIP_ROWS; y += 8)
            transpose_8x8(reducer->strip + y * reducer->pitch + (size_t)x * SAMPLE_BYTES,
                          reducer->pitch, reducer->turned + x * turned_pitch + y * SAMPLE_BYTES,
                          turned_pitch);
}

static void store_transposed(struct reducer *reducer, uint32_t y)
{
    for (uint32_t x = 0; x < reducer->horizontal.count; x++)
        memcpy(reducer->to->data + x * reducer->to->pitch + y, reducer->narrow + x * STRIP_ROWS,
               STRIP_ROWS);
}

_multiversion_ static void store_upright(struct reducer *reducer, uint32_t y)
{
    const size_t pitch = reducer->to->pitch;

    for (uint32_t x = 0; x < reducer->horizontal.count; x += 16) {
        uint8_t *to = reducer->to->data + y * pitch + x;

        transpose_16x16(reducer->narrow + x * STRIP_ROWS, STRIP_ROWS, to, pitch);
        transpose_16x16(reducer->narrow + x * STRIP_ROWS + 16, STRIP_ROWS, to + 16 * pitch, pitch);
    }
}

/* The strip is full, or the last one. */
static void finish_strip(struct reducer *reducer)
{
    const size_t turned_pitch = STRIP_ROWS * SAMPLE_BYTES;
    const struct reducer_filter *filter = &reducer->horizontal;
    const struct reducer_kernels *kernels = kernels_of(reducer, filter);
    uint32_t y = reducer->done - reducer->strip_rows;

    turn_strip(reducer);
    for (uint32_t x = 0; x < filter->count; x++)
        kernels->to_bytes(reducer->turned + filter->taps[x].first * turned_pitch, turned_pitch,
                          filter->weights + (size_t)x * filter->stride, filter->taps[x].count,
                          reducer->narrow + x * STRIP_ROWS);
    if (reducer->transposed)
        store_transposed(reducer, y);
    else
        store_upright(reducer, y);
    reducer->strip_rows = 0;
}

static void filter_strip_row(struct reducer *reducer)
{
    const struct reducer_filter *filter = &reducer->vertical;
    const int16_t *weights = filter->weights + (size_t)reducer->done * filter->stride;
    const struct reducer_taps taps = filter->taps[reducer->done];
    const uint8_t *from = reducer->window + (taps.first - reducer->window_first) * reducer->pitch;
    uint8_t *to = reducer->strip + reducer->strip_rows * reducer->pitch;
    const struct reducer_kernels *kernels = kernels_of(reducer, filter);

    for (size_t x = 0; x < reducer->width; x += REDUCER_GROUP)
        kernels->to_deep(from + x * SAMPLE_BYTES, reducer->pitch, weights, taps.count,
                         to + x * SAMPLE_BYTES);
    reducer->strip_rows++;
    reducer->done++;
    if (reducer->strip_rows == STRIP_ROWS || reducer->done == filter->count)
        finish_strip(reducer);
}

/* Forgets the rows that no filter needs any more, when there is no room for more. */
static void move_window(struct reducer *reducer)
{
    const struct reducer_filter *filter = &reducer->vertical;
    uint32_t end = reducer->window_first + reducer->window_filled, needed = end;

    if (reducer->window_filled + REDUCER_ROWS_MAX <= reducer->window_rows)
        return;
    if (reducer->done < filter->count && filter->taps[reducer->done].first < end)
        needed = filter->taps[reducer->done].first;
    memmove(reducer->window, reducer->window + (needed - reducer->window_first) * reducer->pitch,
            (end - needed) * reducer->pitch);
    reducer->window_first = needed;
    reducer->window_filled = end - needed;
}

uint8_t *reducer_take(struct reducer *reducer, uint32_t rows)
{
    const struct reducer_filter *filter = &reducer->vertical;

    reducer->window_filled += rows;
    while (reducer->done < filter->count &&
           filter->taps[reducer->done].first + filter->taps[reducer->done].count <=
               reducer->window_first + reducer->window_filled)
        filter_strip_row(reducer);
    move_window(reducer);
    return reducer->window + reducer->window_filled * reducer->pitch;
}
