/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/lanczos_filter.h"

#include "image/pixels/lanczos.h"

#include <errno.h>
#include <stdlib.h>

/* A filter spans samples of the result, but never less than as many of the source. */
static double scale_of(double step)
{
    return step > 1 ? step : 1;
}

/* For sample i of the result, whose centre lies at (i + 0.5) * step from the source's edge. */
static void find_weights(struct lanczos_filter *filter, uint32_t i, double step, uint32_t length)
{
    const double centre = (i + 0.5) * step - 0.5, scale = scale_of(step),
                 from = ceil(centre - LANCZOS_LOBES * scale);
    const uint32_t last_first = length - filter->taps;
    const uint32_t first = from < 0 ? 0 : from > last_first ? last_first : (uint32_t)from;
    float *weights = filter->weights + (size_t)i * filter->taps;
    double sum = 0;

    for (uint32_t n = 0; n < filter->taps; n++)
        sum += lanczos((first + n - centre) / scale);
    for (uint32_t n = 0; n < filter->taps; n++)
        weights[n] = (float)(lanczos((first + n - centre) / scale) / sum);
    filter->first[i] = first;
}

int lanczos_filter_begin(struct lanczos_filter *filter, uint32_t length, uint32_t count)
{
    const double step = (double)length / count, taps = 2 * ceil(LANCZOS_LOBES * scale_of(step)) + 1;

    filter->count = count;
    filter->taps = taps < length ? (uint32_t)taps : length;
    filter->first = calloc(count, sizeof(*filter->first));
    filter->weights = calloc((size_t)count * filter->taps, sizeof(*filter->weights));
    if (filter->first == NULL || filter->weights == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        find_weights(filter, i, step, length);
    return 0;
}

void lanczos_filter_clear(struct lanczos_filter *filter)
{
    free(filter->first);
    free(filter->weights);
    *filter = (struct lanczos_filter){0};
}
