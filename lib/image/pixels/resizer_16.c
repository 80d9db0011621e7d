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

int resizer_16_begin(struct resizer_16 *resizer, const struct resizer_size *size, unsigned bands,
                     bool alpha, enum resizer_samples kind)
{
    size_t narrow = (size_t)size->to_width * bands;

    *resizer = (struct resizer_16){.size = *size, .bands = bands, .alpha = alpha, .kind = kind};
    resizer->least = kind == RESIZER_SIGNED_16 ? INT16_MIN : 0;
    resizer->most = kind == RESIZER_8 ? UINT8_MAX : kind == RESIZER_16 ? UINT16_MAX : INT16_MAX;
    if (lanczos_filter_begin(&resizer->horizontal, size->width, size->to_width) != 0 ||
        lanczos_filter_begin(&resizer->vertical, size->height, size->to_height) != 0)
        return -ENOMEM;
    resizer->sums_rows = count_overlap(&resizer->vertical);
    resizer->row = malloc((size_t)size->width * bands * sizeof(float));
    resizer->narrow = malloc(narrow * sizeof(float));
    resizer->sums = malloc(resizer->sums_rows * narrow * sizeof(float));
    resizer->samples = malloc(narrow * size->to_height * (kind == RESIZER_8 ? 1 : 2));
    if (resizer->row == NULL || resizer->narrow == NULL || resizer->sums == NULL ||
        resizer->samples == NULL)
        return -ENOMEM;
    return 0;
}

/* To resizer->row, colours times alpha. */
static void load_row_16(struct resizer_16 *resizer, const void *samples)
{
    const unsigned bands = resizer->bands;
    size_t end = (size_t)resizer->size.width * bands;

    if (resizer->kind == RESIZER_8) {
        for (size_t i = 0; i < end; i++)
            resizer->row[i] = ((const uint8_t *)samples)[i];
    } else if (resizer->kind == RESIZER_16) {
        for (size_t i = 0; i < end; i++)
            resizer->row[i] = ((const uint16_t *)samples)[i];
    } else {
        for (size_t i = 0; i < end; i++)
            resizer->row[i] = ((const int16_t *)samples)[i];
    }
    for (size_t i = 0; resizer->alpha && i < end; i += bands) {
        for (unsigned band = 0; band + 1 < bands; band++)
            resizer->row[i + band] *= resizer->row[i + bands - 1] / resizer->most;
    }
}

static void filter_horizontal(struct resizer_16 *resizer)
{
    const unsigned bands = resizer->bands;

    for (uint32_t x = 0; x < resizer->size.to_width; x++) {
        const float *weights = resizer->horizontal.weights + (size_t)x * resizer->horizontal.taps;

        for (unsigned band = 0; band < bands; band++) {
            const float *from = resizer->row + (size_t)resizer->horizontal.first[x] * bands + band;
            float sum = 0;

            for (uint32_t tap = 0; tap < resizer->horizontal.taps; tap++)
                sum += weights[tap] * from[(size_t)tap * bands];
            resizer->narrow[(size_t)x * bands + band] = sum;
        }
    }
}

static float *sums_of(const struct resizer_16 *resizer, uint32_t y)
{
    return resizer->sums +
           (size_t)(y % resizer->sums_rows) * resizer->size.to_width * resizer->bands;
}

static int to_sample_16(const struct resizer_16 *resizer, float value)
{
    const float least = resizer->least, most = resizer->most;

    return (int)lrintf(value < least ? least : value > most ? most : value);
}

static void finish_row(struct resizer_16 *resizer, uint32_t y)
{
    const unsigned bands = resizer->bands;
    size_t end = (size_t)resizer->size.to_width * bands;
    uint8_t *out_8 = (uint8_t *)resizer->samples + (size_t)y * end;
    uint16_t *out_16 = (uint16_t *)resizer->samples + (size_t)y * end;
    float *sums = sums_of(resizer, y);

    for (size_t i = 0; resizer->alpha && i < end; i += bands) {
        const float alpha = (float)to_sample_16(resizer, sums[i + bands - 1]);

        for (unsigned band = 0; band + 1 < bands; band++)
            sums[i + band] = alpha == 0 ? 0 : sums[i + band] * resizer->most / alpha;
    }
    for (size_t i = 0; resizer->kind == RESIZER_8 && i < end; i++)
        out_8[i] = (uint8_t)to_sample_16(resizer, sums[i]);
    for (size_t i = 0; resizer->kind != RESIZER_8 && i < end; i++)
        out_16[i] = (uint16_t)to_sample_16(resizer, sums[i]);
}

void resizer_16_row(struct resizer_16 *resizer, const void *samples)
{
    const struct lanczos_filter *vertical = &resizer->vertical;
    size_t narrow = (size_t)resizer->size.to_width * resizer->bands;
    uint32_t y = resizer->taken++;

    load_row_16(resizer, samples);
    filter_horizontal(resizer);
    for (; resizer->begun < resizer->size.to_height && vertical->first[resizer->begun] <= y;
         resizer->begun++)
        memset(sums_of(resizer, resizer->begun), 0, narrow * sizeof(float));
    for (uint32_t row = resizer->done; row < resizer->begun; row++) {
        float weight = vertical->weights[(size_t)row * vertical->taps + (y - vertical->first[row])];
        float *sums = sums_of(resizer, row);

        for (size_t i = 0; i < narrow; i++)
            sums[i] += weight * resizer->narrow[i];
    }
    for (;
         resizer->done < resizer->begun && vertical->first[resizer->done] + vertical->taps == y + 1;
         resizer->done++)
        finish_row(resizer, resizer->done);
}

void resizer_16_clear(struct resizer_16 *resizer)
{
    lanczos_filter_clear(&resizer->horizontal);
    lanczos_filter_clear(&resizer->vertical);
    free(resizer->row);
    free(resizer->narrow);
    free(resizer->sums);
    free(resizer->samples);
    *resizer = (struct resizer_16){0};
}
