/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/resizer_16.h"

/*
 * Each row is filtered horizontally as it comes, and added with its weights to the few rows of the
 * result that it is part of.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_MAX = 65535 };

/* How many rows of the result one row may be part of. */
static uint32_t count_overlap(const struct lanczos_filter *filter)
{
    uint32_t most = 1;

    for (uint32_t i = 0, j = 0; i < filter->count; i++) {
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
    if (lanczos_filter_begin(&shrink->horizontal, size->width, size->to_width) != 0 ||
        lanczos_filter_begin(&shrink->vertical, size->height, size->to_height) != 0)
        return -ENOMEM;
    shrink->sums_rows = count_overlap(&shrink->vertical);
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

static void filter_horizontal(struct shrink_deep *shrink)
{
    const unsigned bands = shrink->bands;

    for (uint32_t x = 0; x < shrink->size.to_width; x++) {
        const float *weights = shrink->horizontal.weights + (size_t)x * shrink->horizontal.taps;

        for (unsigned band = 0; band < bands; band++) {
            const float *from = shrink->row + (size_t)shrink->horizontal.first[x] * bands + band;
            float sum = 0;

            for (uint32_t tap = 0; tap < shrink->horizontal.taps; tap++)
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
    const struct lanczos_filter *vertical = &shrink->vertical;
    size_t narrow = (size_t)shrink->size.to_width * shrink->bands;
    uint32_t y = shrink->taken++;

    take_row(shrink, samples);
    filter_horizontal(shrink);
    for (; shrink->begun < shrink->size.to_height && vertical->first[shrink->begun] <= y;
         shrink->begun++)
        memset(sums_of(shrink, shrink->begun), 0, narrow * sizeof(float));
    for (uint32_t row = shrink->done; row < shrink->begun; row++) {
        float weight = vertical->weights[(size_t)row * vertical->taps + (y - vertical->first[row])];
        float *sums = sums_of(shrink, row);

        for (size_t i = 0; i < narrow; i++)
            sums[i] += weight * shrink->narrow[i];
    }
    for (; shrink->done < shrink->begun && vertical->first[shrink->done] + vertical->taps == y + 1;
         shrink->done++)
        finish_row(shrink, shrink->done);
}

void shrink_deep_clear(struct shrink_deep *shrink)
{
    lanczos_filter_clear(&shrink->horizontal);
    lanczos_filter_clear(&shrink->vertical);
    free(shrink->row);
    free(shrink->narrow);
    free(shrink->sums);
    free(shrink->samples);
    *shrink = (struct shrink_deep){0};
}
