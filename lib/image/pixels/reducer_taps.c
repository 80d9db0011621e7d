/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/reducer_taps.h"

#include "image/pixels/lanczos.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The weights of filters; a table of the kernel is quicker than its sines. */
enum { KERNEL_STEPS = 1024 }; /* a lobe */

static float kernel[LANCZOS_LOBES * KERNEL_STEPS + 2];

static void make_kernel(void)
{
    if (kernel[0] != 0)
        return;
    for (unsigned i = 0; i < LANCZOS_LOBES * KERNEL_STEPS; i++)
        kernel[i] = (float)lanczos((double)i / KERNEL_STEPS);
}

/* lanczos(x), nearly. */
static float look_up_kernel(float x)
{
    float position = fabsf(x) * KERNEL_STEPS;
    unsigned left = (unsigned)position;

    if (left >= LANCZOS_LOBES * KERNEL_STEPS)
        return 0;
    return kernel[left] + (kernel[left + 1] - kernel[left]) * (position - (float)left);
}

/* The number of samples before the tail. */
static uint32_t tail_from(const struct reducer_axis *axis)
{
    return axis->length - axis->tail;
}

/* The parts of sample n outside the image. */
static double cut_before(const struct reducer_axis *axis, uint32_t n)
{
    return n == 0 ? axis->cut_head : 0;
}

static double cut_behind(const struct reducer_axis *axis, uint32_t n)
{
    return n + 1 == axis->length ? axis->cut_tail : 0;
}

static double whole_size(const struct reducer_axis *axis, uint32_t n)
{
    return n < axis->head || n >= tail_from(axis) ? axis->edge_size : 1;
}

static double size_of(const struct reducer_axis *axis, uint32_t n)
{
    return whole_size(axis, n) * (1 - cut_before(axis, n) - cut_behind(axis, n));
}

/* Where sample n begins. */
static double tap_begin(const struct reducer_axis *axis, uint32_t n)
{
    const uint32_t tail = tail_from(axis);

    if (n < axis->head)
        return -0.5 - (axis->head - n) * axis->edge_size;
    if (n < tail)
        return n - axis->head - 0.5;
    return tail - axis->head - 0.5 + (n - tail) * axis->edge_size;
}

/* Where sample n is centred: the body's at whole numbers. */
static double tap_centre(const struct reducer_axis *axis, uint32_t n)
{
    return tap_begin(axis, n) + cut_before(axis, n) * whole_size(axis, n) + size_of(axis, n) / 2;
}

/* How far the filter reaches to either side. */
static double filter_reach(const struct reducer_axis *axis)
{
    return LANCZOS_LOBES * (axis->step < 1 ? 1 : axis->step);
}

uint32_t reducer_count_taps(const struct reducer_axis *axis)
{
    double taps = 2 * ceil(filter_reach(axis)) + 1 + axis->head + axis->tail;

    return taps < axis->length ? (uint32_t)taps : axis->length;
}

/* The number of the body's first sample at `position` or behind it: where there is none, of the
 * first sample of all, or of the tail. */
static uint32_t body_from(const struct reducer_axis *axis, double position)
{
    const uint32_t tail = tail_from(axis);

    if (position <= 0)
        return 0;
    return position >= tail - axis->head ? tail : axis->head + (uint32_t)ceil(position);
}

/* The samples under the filter around `centre`: one at least. */
static struct reducer_taps find_taps(const struct reducer_axis *axis, double centre)
{
    const double from = centre - filter_reach(axis), to = centre + filter_reach(axis);
    const uint32_t last = axis->length - 1;
    uint32_t first = body_from(axis, from), end = body_from(axis, to);

    while (first < last && tap_centre(axis, first) <= from)
        first++;
    first = first < last ? first : last;
    end = end > first ? end : first + 1;
    while (end < axis->length && tap_centre(axis, end) < to)
        end++;
    return (struct reducer_taps){first, end - first};
}

/* A weight of sample n, not yet as a part of all. */
static double weigh_sample(const struct reducer_axis *axis, double centre, uint32_t n)
{
    const double width = axis->step < 1 ? 1 : axis->step;

    return look_up_kernel((float)((tap_centre(axis, n) - centre) / width)) * size_of(axis, n);
}

/* Each as near as can be, and the largest makes good what that comes to. */
static void round_few(int16_t *weights, const struct reducer_axis *axis, double centre,
                      const struct reducer_taps *taps, double sum)
{
    int rest = 1 << REDUCER_WEIGHT_BITS;
    uint32_t largest = 0;

    for (uint32_t n = 0; n < taps->count; n++) {
        double weight = weigh_sample(axis, centre, taps->first + n) / sum;

        weights[n] = (int16_t)lrint(weight * (1 << REDUCER_WEIGHT_BITS));
        rest -= weights[n];
        if (weights[n] > weights[largest])
            largest = n;
    }
    weights[largest] = (int16_t)(weights[largest] + rest);
}

/* Each makes good what those before it were rounded by: of many small ones that comes to too much.
 */
static void round_many(int16_t *weights, const struct reducer_axis *axis, double centre,
                       const struct reducer_taps *taps, double sum)
{
    double upto = 0;
    int taken = 0;

    for (uint32_t n = 0; n < taps->count; n++) {
        upto += weigh_sample(axis, centre, taps->first + n) / sum;
        weights[n] = (int16_t)(lrint(upto * (1 << REDUCER_WEIGHT_BITS)) - taken);
        taken += weights[n];
    }
}

/* Whether the weights are those of the sample before: whole samples further on, and none of either
 * at an edge. */
static bool repeats_weights(const struct reducer_filter *filter, uint32_t i,
                            const struct reducer_axis *axis, const struct reducer_taps *taps)
{
    return i > 0 && axis->step == floor(axis->step) && filter->taps[i - 1].first > axis->head &&
           filter->taps[i - 1].count == taps->count && taps->first + taps->count < tail_from(axis);
}

static void find_sample_weights(struct reducer_filter *filter, uint32_t i,
                                const struct reducer_axis *axis)
{
    const double centre = axis->start + (i + 0.5) * axis->step - 0.5;
    const struct reducer_taps taps = find_taps(axis, centre);
    int16_t *weights = filter->weights + (size_t)i * filter->stride;
    double sum = 0;

    filter->taps[i] = taps;
    if (repeats_weights(filter, i, axis, &taps)) {
        memcpy(weights, weights - filter->stride, taps.count * sizeof(*weights));
        return;
    }
    for (uint32_t n = 0; n < taps.count; n++)
        sum += weigh_sample(axis, centre, taps.first + n);
    if (filter->stride < REDUCER_TAPS_MANY)
        round_few(weights, axis, centre, &taps, sum);
    else
        round_many(weights, axis, centre, &taps, sum);
}

void reducer_find_weights(struct reducer_filter *filter, const struct reducer_axis *axis)
{
    make_kernel();
    for (uint32_t i = 0; i < filter->count; i++)
        find_sample_weights(filter, i, axis);
}
