/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/reducer.h"

#include "image/core/multiversion.h"
#include "image/pixels/reducer_taps.h"
#include "image/pixels/transpose.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/*
 * There is one filter, down along columns, where neighbouring samples are neighbours in memory and
 * sixteen are filtered at once. A strip of STRIP_ROWS rows that were filtered down is transposed
 * and filtered down again, which is across; that is cheaper than gathering.
 *
 *     window (rows going in) -> strip -> turned (its columns) -> narrow (8 bits) -> plane
 *
 * Sums are of 16 bits: a sample has 6 bits of fraction, of which a product, whose high half alone
 * is kept, has 5. Of many products, each of them small, too much would be lost: there they are
 * of 32.
 */
enum {
    WEIGHT_BITS = REDUCER_WEIGHT_BITS,
    SUM_BITS = REDUCER_FRACTION_BITS - 1,
    STRIP_ROWS = 32,
    GROUP = 32, /* samples filtered at once */
    SAMPLE_BYTES = 2,
    WINDOW_SLACK = REDUCER_ROWS_MAX, /* rows that go in before the window is moved up */
};

/* --- groups of samples, for every machine -------------------------------------------------------
 */

typedef void group_function(const uint8_t *from, size_t pitch, const int16_t *weights,
                            uint32_t taps, uint8_t *to);

static void sum_group(const uint8_t *from, size_t pitch, const int16_t *weights, uint32_t taps,
                      int16_t sums[GROUP])
{
    memset(sums, 0, GROUP * sizeof(*sums));
    for (; taps > 0; taps--, weights++, from += pitch) {
        const int16_t *samples = (const int16_t *)(const void *)from;

        for (unsigned x = 0; x < GROUP; x++) {
            int product = (samples[x] * *weights + (1 << 14)) >> 15;

            sums[x] = (int16_t)(sums[x] + product);
        }
    }
}

/* With a fraction of REDUCER_FRACTION_BITS + WEIGHT_BITS bits. */
_multiversion_ static void sum_many(const uint8_t *from, size_t pitch, const int16_t *weights,
                                    uint32_t taps, int32_t sums[GROUP])
{
    memset(sums, 0, GROUP * sizeof(*sums));
    for (; taps > 0; taps--, weights++, from += pitch) {
        const int16_t *samples = (const int16_t *)(const void *)from;

        for (unsigned x = 0; x < GROUP; x++)
            sums[x] += samples[x] * *weights;
    }
}

static void filter_many_deep(const uint8_t *from, size_t pitch, const int16_t *weights,
                             uint32_t taps, uint8_t *to)
{
    int16_t *samples = (int16_t *)(void *)to;
    int32_t sums[GROUP];

    sum_many(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < GROUP; x++)
        samples[x] = (int16_t)((sums[x] + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS);
}

static void filter_many_plain(const uint8_t *from, size_t pitch, const int16_t *weights,
                              uint32_t taps, uint8_t *to)
{
    const int bits = WEIGHT_BITS + REDUCER_FRACTION_BITS;
    int32_t sums[GROUP];

    sum_many(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < GROUP; x++) {
        int sample = (sums[x] + (128 << bits) + (1 << (bits - 1))) >> bits;

        to[x] = (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample);
    }
}

/* To samples as they went in. */
static void filter_deep(const uint8_t *from, size_t pitch, const int16_t *weights, uint32_t taps,
                        uint8_t *to)
{
    int16_t sums[GROUP];

    sum_group(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < GROUP; x++)
        sums[x] = (int16_t)(sums[x] * 2);
    memcpy(to, sums, sizeof(sums));
}

/* To samples of 8 bits. */
static void filter_plain(const uint8_t *from, size_t pitch, const int16_t *weights, uint32_t taps,
                         uint8_t *to)
{
    int16_t sums[GROUP];

    sum_group(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < GROUP; x++) {
        int sample = (sums[x] + (128 << SUM_BITS) + (1 << (SUM_BITS - 1))) >> SUM_BITS;

        to[x] = (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample);
    }
}

/* --- the same with vectors of 32 bytes ----------------------------------------------------------
 */

#ifdef __x86_64__
#define _avx2_ __attribute__((target("avx2")))

struct sums {
    __m256i left, right;
};

_avx2_ static inline struct sums sum_group_avx2(const uint8_t *from, size_t pitch,
                                                const int16_t *weights, uint32_t taps)
{
    struct sums sums = {_mm256_setzero_si256(), _mm256_setzero_si256()};

    for (; taps > 0; taps--, weights++, from += pitch) {
        const __m256i_u *row = (const __m256i_u *)from;
        __m256i weight = _mm256_set1_epi16(*weights);

        sums.left = _mm256_add_epi16(sums.left, _mm256_mulhrs_epi16(row[0], weight));
        sums.right = _mm256_add_epi16(sums.right, _mm256_mulhrs_epi16(row[1], weight));
    }
    return sums;
}

_avx2_ static void filter_deep_avx2(const uint8_t *from, size_t pitch, const int16_t *weights,
                                    uint32_t taps, uint8_t *to)
{
    struct sums sums = sum_group_avx2(from, pitch, weights, taps);

    _mm256_storeu_si256((__m256i_u *)to, _mm256_add_epi16(sums.left, sums.left));
    _mm256_storeu_si256((__m256i_u *)to + 1, _mm256_add_epi16(sums.right, sums.right));
}

_avx2_ static void filter_plain_avx2(const uint8_t *from, size_t pitch, const int16_t *weights,
                                     uint32_t taps, uint8_t *to)
{
    const __m256i middle = _mm256_set1_epi16((128 << SUM_BITS) + (1 << (SUM_BITS - 1)));
    struct sums sums = sum_group_avx2(from, pitch, weights, taps);
    __m256i left = _mm256_srai_epi16(_mm256_add_epi16(sums.left, middle), SUM_BITS);
    __m256i right = _mm256_srai_epi16(_mm256_add_epi16(sums.right, middle), SUM_BITS);
    __m256i packed = _mm256_packus_epi16(left, right);

    _mm256_storeu_si256((__m256i_u *)to, _mm256_permute4x64_epi64(packed, 0xd8));
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif

static group_function *deep_function(const struct reducer_filter *filter)
{
    if (filter->stride >= REDUCER_TAPS_MANY)
        return filter_many_deep;
#ifdef __x86_64__
    if (has_avx2())
        return filter_deep_avx2;
#endif
    return filter_deep;
}

static group_function *plain_function(const struct reducer_filter *filter)
{
    if (filter->stride >= REDUCER_TAPS_MANY)
        return filter_many_plain;
#ifdef __x86_64__
    if (has_avx2())
        return filter_plain_avx2;
#endif
    return filter_plain;
}

/* --- memory -------------------------------------------------------------------------------------
 */

static struct reducer_axis axis_across(const struct reducer_options *options)
{
    return (struct reducer_axis){.step = options->step_x,
                                 .length = options->width,
                                 .body = options->width - options->tail_x,
                                 .tail_size = options->tail_size,
                                 .cut = options->cut_x};
}

static struct reducer_axis axis_down(const struct reducer_options *options)
{
    return (struct reducer_axis){.step = options->step_y,
                                 .length = options->height,
                                 .body = options->height - options->tail_y,
                                 .tail_size = options->tail_size,
                                 .cut = options->cut_y};
}

/* A row going in, with whole groups. */
static size_t row_bytes(const struct reducer_options *options)
{
    return plane_aligned(((size_t)options->padded_width + GROUP + 16) * SAMPLE_BYTES);
}

static size_t filter_bytes(uint32_t count, uint32_t stride)
{
    return plane_aligned(count * sizeof(struct reducer_taps)) +
           plane_aligned((size_t)count * stride * sizeof(int16_t));
}

static uint32_t window_rows(const struct reducer_options *options)
{
    const struct reducer_axis down = axis_down(options);

    return reducer_count_taps(&down) + WINDOW_SLACK + REDUCER_ROWS_MAX;
}

size_t reducer_bytes(const struct reducer_options *options)
{
    const struct reducer_axis across = axis_across(options), down = axis_down(options);

    return filter_bytes(options->to_width, reducer_count_taps(&across)) +
           filter_bytes(options->to_height, reducer_count_taps(&down)) +
           row_bytes(options) * (window_rows(options) + STRIP_ROWS) +
           plane_aligned((size_t)options->width + 16) * STRIP_ROWS * SAMPLE_BYTES +
           plane_aligned((size_t)options->to_width + 16) * STRIP_ROWS;
}

static uint8_t *take(uint8_t **memory, size_t bytes)
{
    uint8_t *taken = *memory;

    *memory += bytes;
    return taken;
}

static void begin_filter(struct reducer_filter *filter, uint32_t count,
                         const struct reducer_axis *axis, uint8_t **memory)
{
    filter->count = count;
    filter->stride = reducer_count_taps(axis);
    filter->taps = (struct reducer_taps *)(void *)take(
        memory, plane_aligned(count * sizeof(struct reducer_taps)));
    filter->weights = (int16_t *)(void *)take(
        memory, plane_aligned((size_t)count * filter->stride * sizeof(int16_t)));
    reducer_find_weights(filter, axis);
}

void reducer_begin(struct reducer *reducer, const struct reducer_options *options, uint8_t *memory,
                   struct plane *to)
{
    const struct reducer_axis across = axis_across(options), down = axis_down(options);

    *reducer = (struct reducer){.width = options->width,
                                .height = options->height,
                                .pitch = row_bytes(options),
                                .window_rows = window_rows(options),
                                .to = to,
                                .transposed = options->transposed};
    begin_filter(&reducer->across, options->to_width, &across, &memory);
    begin_filter(&reducer->down, options->to_height, &down, &memory);
    reducer->window = take(&memory, reducer->pitch * reducer->window_rows);
    reducer->strip = take(&memory, reducer->pitch * STRIP_ROWS);
    reducer->turned =
        take(&memory, plane_aligned((size_t)options->width + 16) * STRIP_ROWS * SAMPLE_BYTES);
    reducer->narrow = take(&memory, plane_aligned((size_t)options->to_width + 16) * STRIP_ROWS);
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
    for (uint32_t x = 0; x < reducer->across.count; x++)
        memcpy(reducer->to->data + x * reducer->to->pitch + y, reducer->narrow + x * STRIP_ROWS,
               STRIP_ROWS);
}

_multiversion_ static void store_upright(struct reducer *reducer, uint32_t y)
{
    const size_t pitch = reducer->to->pitch;

    for (uint32_t x = 0; x < reducer->across.count; x += 16) {
        uint8_t *to = reducer->to->data + y * pitch + x;

        transpose_16x16(reducer->narrow + x * STRIP_ROWS, STRIP_ROWS, to, pitch);
        transpose_16x16(reducer->narrow + x * STRIP_ROWS + 16, STRIP_ROWS, to + 16 * pitch, pitch);
    }
}

/* The strip is full, or the last one. */
static void finish_strip(struct reducer *reducer)
{
    const size_t turned_pitch = STRIP_ROWS * SAMPLE_BYTES;
    const struct reducer_filter *filter = &reducer->across;
    group_function *filter_group = plain_function(filter);
    uint32_t y = reducer->done - reducer->strip_rows;

    turn_strip(reducer);
    for (uint32_t x = 0; x < filter->count; x++)
        filter_group(reducer->turned + filter->taps[x].first * turned_pitch, turned_pitch,
                     filter->weights + (size_t)x * filter->stride, filter->taps[x].count,
                     reducer->narrow + x * STRIP_ROWS);
    if (reducer->transposed)
        store_transposed(reducer, y);
    else
        store_upright(reducer, y);
    reducer->strip_rows = 0;
}

static void filter_row(struct reducer *reducer)
{
    const struct reducer_filter *filter = &reducer->down;
    const int16_t *weights = filter->weights + (size_t)reducer->done * filter->stride;
    const struct reducer_taps taps = filter->taps[reducer->done];
    const uint8_t *from = reducer->window + (taps.first - reducer->window_first) * reducer->pitch;
    uint8_t *to = reducer->strip + reducer->strip_rows * reducer->pitch;
    group_function *filter_group = deep_function(filter);

    for (size_t x = 0; x < reducer->width; x += GROUP)
        filter_group(from + x * SAMPLE_BYTES, reducer->pitch, weights, taps.count,
                     to + x * SAMPLE_BYTES);
    reducer->strip_rows++;
    reducer->done++;
    if (reducer->strip_rows == STRIP_ROWS || reducer->done == filter->count)
        finish_strip(reducer);
}

/* Forgets the rows that no filter needs any more, when there is no room for more. */
static void move_window(struct reducer *reducer)
{
    const struct reducer_filter *filter = &reducer->down;
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
    const struct reducer_filter *filter = &reducer->down;

    reducer->window_filled += rows;
    while (reducer->done < filter->count &&
           filter->taps[reducer->done].first + filter->taps[reducer->done].count <=
               reducer->window_first + reducer->window_filled)
        filter_row(reducer);
    move_window(reducer);
    return reducer->window + reducer->window_filled * reducer->pitch;
}
