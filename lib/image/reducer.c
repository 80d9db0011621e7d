/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/reducer.h"

#include "image/lanczos.h"
#include "image/transpose.h"

#include <math.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

/*
 * There is one filter, down along columns, where neighbouring samples are neighbours in memory and
 * sixteen are filtered at once. A strip of STRIP_ROWS rows that were filtered down is transposed and
 * filtered down again, which is across; that is cheaper than gathering.
 *
 *     window (rows going in) -> strip -> turned (its columns) -> narrow (8 bits) -> plane
 *
 * Sums are of 16 bits: a sample has 6 bits of fraction, of which a product, whose high half alone is
 * kept, has 5.
 */
enum {
    KERNEL_STEPS = 1024,       /* of the kernel's table, a lobe */
    WEIGHT_BITS = 14,          /* a weight of 1 */
    SUM_BITS = REDUCER_FRACTION_BITS - 1,
    STRIP_ROWS = 32,
    GROUP = 32,                /* samples filtered at once */
    SAMPLE_BYTES = 2,
    WINDOW_SLACK = REDUCER_ROWS_MAX, /* rows that go in before the window is moved up */
};

/* --- weights ------------------------------------------------------------------------------------ */

static float kernel[LANCZOS_LOBES * KERNEL_STEPS + 2];

static void make_kernel(void)
{
    if (kernel[0] != 0)
        return;
    for (unsigned i = 0; i < LANCZOS_LOBES * KERNEL_STEPS; i++)
        kernel[i] = (float)lanczos((double)i / KERNEL_STEPS);
}

/* lanczos(x), nearly. */
static float look_up(float x)
{
    float position = fabsf(x) * KERNEL_STEPS;
    unsigned left = (unsigned)position;

    if (left >= LANCZOS_LOBES * KERNEL_STEPS)
        return 0;
    return kernel[left] + (kernel[left + 1] - kernel[left]) * (position - (float)left);
}

/* The samples going in along one dimension. */
struct axis {
    double step;               /* samples for each of the result */
    uint32_t length;
    uint32_t body;             /* of them, before the tail */
    double tail_size;
    double cut;                /* of the last one */
};

static struct axis axis_across(const struct reducer_options *options)
{
    return (struct axis){options->step_x, options->width, options->width - options->tail_x,
                         options->tail_size, options->cut_x};
}

static struct axis axis_down(const struct reducer_options *options)
{
    return (struct axis){options->step_y, options->height, options->height - options->tail_y,
                         options->tail_size, options->cut_y};
}

static double size_of(const struct axis *axis, uint32_t n)
{
    const double size = n < axis->body ? 1 : axis->tail_size;

    return n + 1 < axis->length ? size : size * (1 - axis->cut);
}

/* Where sample n is centred; the body's are so at whole numbers. */
static double centre_of(const struct axis *axis, uint32_t n)
{
    const double begin = n < axis->body ? n - 0.5
                                        : axis->body - 0.5 + (n - axis->body) * axis->tail_size;

    return begin + size_of(axis, n) / 2;
}

/* How far the filter reaches to either side. */
static double find_reach(const struct axis *axis)
{
    return LANCZOS_LOBES * (axis->step < 1 ? 1 : axis->step);
}

/* Samples under the filter, at most. */
static uint32_t count_taps(const struct axis *axis)
{
    double taps = 2 * ceil(find_reach(axis)) + 1 + (axis->length - axis->body);

    return taps < axis->length ? (uint32_t)taps : axis->length;
}

/* The samples under the filter around `centre`: one at least. */
static struct reducer_taps find_taps(const struct axis *axis, double centre)
{
    const double from = centre - find_reach(axis), to = centre + find_reach(axis);
    const uint32_t last = axis->length - 1;
    uint32_t first = from <= 0 ? 0 : from >= axis->body ? axis->body : (uint32_t)ceil(from), end;

    while (first < last && centre_of(axis, first) <= from)
        first++;
    first = first < last ? first : last;
    end = to >= axis->body ? axis->body : to <= 0 ? 1 : (uint32_t)ceil(to);
    end = end > first ? end : first + 1;
    while (end < axis->length && centre_of(axis, end) < to)
        end++;
    return (struct reducer_taps){first, end - first};
}

/* The weights of sample i; they sum up to 1 exactly. */
static void find_weights(struct reducer_filter *filter, uint32_t i, const struct axis *axis)
{
    const double width = axis->step < 1 ? 1 : axis->step, centre = (i + 0.5) * axis->step - 0.5;
    const struct reducer_taps taps = find_taps(axis, centre);
    int16_t *weights = filter->weights + (size_t)i * filter->stride;
    int rest = 1 << WEIGHT_BITS;
    uint32_t largest = 0;
    double sum = 0;

    for (uint32_t n = taps.first; n < taps.first + taps.count; n++)
        sum += look_up((float)((centre_of(axis, n) - centre) / width)) * size_of(axis, n);
    for (uint32_t n = 0; n < taps.count; n++) {
        double weight = look_up((float)((centre_of(axis, taps.first + n) - centre) / width)) *
                        size_of(axis, taps.first + n) / sum;

        weights[n] = (int16_t)lrint(weight * (1 << WEIGHT_BITS));
        rest -= weights[n];
        if (weights[n] > weights[largest])
            largest = n;
    }
    weights[largest] = (int16_t)(weights[largest] + rest);
    filter->taps[i] = taps;
}

/* --- groups of samples, for every machine ------------------------------------------------------- */

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

/* --- the same with vectors of 32 bytes ---------------------------------------------------------- */

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

static group_function *deep_function(void)
{
#ifdef __x86_64__
    if (has_avx2())
        return filter_deep_avx2;
#endif
    return filter_deep;
}

static group_function *plain_function(void)
{
#ifdef __x86_64__
    if (has_avx2())
        return filter_plain_avx2;
#endif
    return filter_plain;
}

/* --- memory ------------------------------------------------------------------------------------- */

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
    const struct axis down = axis_down(options);

    return count_taps(&down) + WINDOW_SLACK + REDUCER_ROWS_MAX;
}

size_t reducer_bytes(const struct reducer_options *options)
{
    const struct axis across = axis_across(options), down = axis_down(options);

    return filter_bytes(options->to_width, count_taps(&across)) +
           filter_bytes(options->to_height, count_taps(&down)) +
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

static void begin_filter(struct reducer_filter *filter, uint32_t count, const struct axis *axis,
                         uint8_t **memory)
{
    filter->count = count;
    filter->stride = count_taps(axis);
    filter->taps =
        (struct reducer_taps *)(void *)take(memory, plane_aligned(count * sizeof(struct reducer_taps)));
    filter->weights = (int16_t *)(void *)take(
        memory, plane_aligned((size_t)count * filter->stride * sizeof(int16_t)));
    for (uint32_t i = 0; i < count; i++)
        find_weights(filter, i, axis);
}

void reducer_begin(struct reducer *reducer, const struct reducer_options *options, uint8_t *memory,
                   struct plane *to)
{
    const struct axis across = axis_across(options), down = axis_down(options);

    make_kernel();
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
    reducer->turned = take(&memory, plane_aligned((size_t)options->width + 16) * STRIP_ROWS * SAMPLE_BYTES);
    reducer->narrow = take(&memory, plane_aligned((size_t)options->to_width + 16) * STRIP_ROWS);
}

/* --- at work ------------------------------------------------------------------------------------ */

_hot_ static void turn_strip(struct reducer *reducer)
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

_hot_ static void store_upright(struct reducer *reducer, uint32_t y)
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
    group_function *filter_group = plain_function();
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
    group_function *filter_group = deep_function();

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
