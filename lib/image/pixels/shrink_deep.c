/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/shrink_deep.h"

#include "image/pixels/lanczos.h"

/*
 * Each row is filtered across as it comes, and added with its weights to the few rows of the result
 * that it is part of. Lanczos with 3 lobes, normalized at the edges.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_MAX = 65535 };

/* The weights for sample i of the result, which is centred at (i + 0.5) * step. */
static void fill_weights(struct shrink_deep_filter *filter, uint32_t i, double step,
                         uint32_t length)
{
    double centre = (i + 0.5) * step, sum = 0;
    double first = floor(centre - LANCZOS_LOBES * step), last = (double)length - filter->taps;
    float *weights = filter->weights + (size_t)i * filter->taps;

    first = first < 0 ? 0 : first > last ? last : first;
    filter->first[i] = (uint32_t)first;
    for (uint32_t tap = 0; tap < filter->taps; tap++)
        sum += lanczos((first + tap + 0.5 - centre) / step);
    for (uint32_t tap = 0; tap < filter->taps; tap++)
        weights[tap] = (float)(lanczos((first + tap + 0.5 - centre) / step) / sum);
}

static int make_filter(struct shrink_deep_filter *filter, uint32_t length, uint32_t count)
{
    double step = (double)length / count;
    double taps = ceil(2 * LANCZOS_LOBES * step) + 1;

    filter->taps = taps < length ? (uint32_t)taps : length;
    filter->first = calloc(count, sizeof(*filter->first));
    filter->weights = calloc((size_t)count * filter->taps, sizeof(*filter->weights));
    if (filter->first == NULL || filter->weights == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        fill_weights(filter, i, step, length);
    return 0;
}

/* How many rows of the result one row may be part of. */
static uint32_t count_overlap(const struct shrink_deep_filter *filter, uint32_t count)
{
    uint32_t most = 1;

    for (uint32_t i = 0, j = 0; i < count; i++) {
        while (filter->first[j] + filter->taps <= filter->first[i])
            j++;
        most = i - j + 1 > most ? i - j + 1 : most;
    }
    return most;
}

int shrink_deep_begin(struct shrink_deep *shrink, const struct resizer_size *size, unsigned bands,
                      bool alpha, bool is_signed)
{
    size_t narrow = (size_t)size->to_width * bands;

    *shrink =
        (struct shrink_deep){.size = *size, .bands = bands, .alpha = alpha, .is_signed = is_signed};
    if (make_filter(&shrink->across, size->width, size->to_width) != 0 ||
        make_filter(&shrink->down, size->height, size->to_height) != 0)
        return -ENOMEM;
    shrink->sums_rows = count_overlap(&shrink->down, size->to_height);
    shrink->row = malloc((size_t)size->width * bands * sizeof(float));
    shrink->narrow = malloc(narrow * sizeof(float));
    shrink->sums = malloc(shrink->sums_rows * narrow * sizeof(float));
    shrink->samples = malloc(narrow * size->to_height * sizeof(uint16_t));
    if (shrink->row == NULL || shrink->narrow == NULL || shrink->sums == NULL ||
        shrink->samples == NULL)
        return -ENOMEM;
    return 0;
}

/* To shrink->row, colours times alpha. */
static void take_row(struct shrink_deep *shrink, const uint16_t *samples)
{
    const unsigned bands = shrink->bands;
    size_t end = (size_t)shrink->size.width * bands;

    for (size_t i = 0; i < end; i++)
        shrink->row[i] = shrink->is_signed ? (float)(int16_t)samples[i] : (float)samples[i];
    for (size_t i = 0; shrink->alpha && i < end; i += bands) {
        for (unsigned band = 0; band + 1 < bands; band++)
            shrink->row[i + band] *= shrink->row[i + bands - 1] / SAMPLE_MAX;
    }
}

static void filter_across(struct shrink_deep *shrink)
{
    const unsigned bands = shrink->bands;

    for (uint32_t x = 0; x < shrink->size.to_width; x++) {
        const float *weights = shrink->across.weights + (size_t)x * shrink->across.taps;

        for (unsigned band = 0; band < bands; band++) {
            const float *from = shrink->row + (size_t)shrink->across.first[x] * bands + band;
            float sum = 0;

            for (uint32_t tap = 0; tap < shrink->across.taps; tap++)
                sum += weights[tap] * from[(size_t)tap * bands];
            shrink->narrow[(size_t)x * bands + band] = sum;
        }
    }
}

static float *sums_of(const struct shrink_deep *shrink, uint32_t y)
{
    return shrink->sums + (size_t)(y % shrink->sums_rows) * shrink->size.to_width * shrink->bands;
}

static uint16_t to_sample(const struct shrink_deep *shrink, float value)
{
    float least = shrink->is_signed ? INT16_MIN : 0, most = least + SAMPLE_MAX;

    value = value < least ? least : value > most ? most : value;
    return (uint16_t)(int32_t)lrintf(value);
}

static void finish_row(struct shrink_deep *shrink, uint32_t y)
{
    const unsigned bands = shrink->bands;
    size_t end = (size_t)shrink->size.to_width * bands;
    uint16_t *out = shrink->samples + (size_t)y * end;
    float *sums = sums_of(shrink, y);

    for (size_t i = 0; shrink->alpha && i < end; i += bands) {
        float alpha = to_sample(shrink, sums[i + bands - 1]);

        for (unsigned band = 0; band + 1 < bands; band++)
            sums[i + band] = alpha == 0 ? 0 : sums[i + band] * SAMPLE_MAX / alpha;
    }
    for (size_t i = 0; i < end; i++)
        out[i] = to_sample(shrink, sums[i]);
}

void shrink_deep_row(struct shrink_deep *shrink, const uint16_t *samples)
{
    const struct shrink_deep_filter *down = &shrink->down;
    size_t narrow = (size_t)shrink->size.to_width * shrink->bands;
    uint32_t y = shrink->taken++;

    take_row(shrink, samples);
    filter_across(shrink);
    for (; shrink->begun < shrink->size.to_height && down->first[shrink->begun] <= y;
         shrink->begun++)
        memset(sums_of(shrink, shrink->begun), 0, narrow * sizeof(float));
    for (uint32_t row = shrink->done; row < shrink->begun; row++) {
        float weight = down->weights[(size_t)row * down->taps + (y - down->first[row])];
        float *sums = sums_of(shrink, row);

        for (size_t i = 0; i < narrow; i++)
            sums[i] += weight * shrink->narrow[i];
    }
    for (; shrink->done < shrink->begun && down->first[shrink->done] + down->taps == y + 1;
         shrink->done++)
        finish_row(shrink, shrink->done);
}

void shrink_deep_clear(struct shrink_deep *shrink)
{
    free(shrink->across.first);
    free(shrink->across.weights);
    free(shrink->down.first);
    free(shrink->down.weights);
    free(shrink->row);
    free(shrink->narrow);
    free(shrink->sums);
    free(shrink->samples);
    *shrink = (struct shrink_deep){0};
}
