/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/resizer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* There is one reducer for each band, and rows are handed to them some at a time. */
enum { ROWS_AT_ONCE = 16, ALIGNMENT = 64 };

static size_t round_up(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct reducer_axis axis_of(uint32_t length, uint32_t to, double step)
{
    return (struct reducer_axis){
        .length = length, .to = to, .step = step > 0 ? step : (double)length / to};
}

int resizer_begin(struct resizer *resizer, const struct resizer_size *size, unsigned bands,
                  bool alpha)
{
    const struct reducer_options options = {
        .horizontal = axis_of(size->width, size->to_width, size->step_x),
        .vertical = axis_of(size->height, size->to_height, size->step_y),
        .padded_width = size->width,
    };
    size_t reducer_size = round_up(reducer_bytes(&options));
    size_t plane_size = round_up(plane_bytes(size->to_width, size->to_height));
    uint8_t *at;

    *resizer = (struct resizer){.bands = bands, .alpha = alpha, .width = size->width};
    resizer->memory = at = aligned_alloc(ALIGNMENT, bands * (reducer_size + plane_size));
    if (at == NULL)
        return -ENOMEM;
    for (unsigned band = 0; band < bands; band++) {
        plane_place(&resizer->planes[band], at, size->to_width, size->to_height);
        at += plane_size;
        reducer_begin(&resizer->reducers[band], &options, at, &resizer->planes[band]);
        at += reducer_size;
        resizer->next[band] = reducer_take(&resizer->reducers[band], 0);
    }
    return 0;
}

static void hand_over(struct resizer *resizer)
{
    for (unsigned band = 0; band < resizer->bands; band++)
        resizer->next[band] = reducer_take(&resizer->reducers[band], resizer->pending);
    resizer->pending = 0;
}

static void take_band(const uint8_t *restrict samples, int16_t *restrict row, uint32_t width,
                      unsigned bands)
{
    for (uint32_t x = 0; x < width; x++)
        row[x] = (int16_t)((samples[x * bands] - 128) * (1 << REDUCER_FRACTION_BITS));
}

/* sample * alpha / 255, with its fraction; 257 / 65536 is 1 / 255 nearly enough. */
static void take_weighted_band(const uint8_t *restrict samples, const uint8_t *restrict alpha,
                               int16_t *restrict row, uint32_t width, unsigned bands)
{
    for (uint32_t x = 0; x < width; x++) {
        int product = samples[x * bands] * alpha[x * bands] * (257 << REDUCER_FRACTION_BITS);

        row[x] = (int16_t)(((product + (1 << 15)) >> 16) - (128 << REDUCER_FRACTION_BITS));
    }
}

void resizer_row(struct resizer *resizer, const uint8_t *samples)
{
    const unsigned bands = resizer->bands;

    for (unsigned band = 0; band < bands; band++) {
        int16_t *row = (int16_t *)(void *)(resizer->next[band] +
                                           resizer->pending * resizer->reducers[band].pitch);

        if (resizer->alpha && band + 1 < bands)
            take_weighted_band(samples + band, samples + bands - 1, row, resizer->width, bands);
        else
            take_band(samples + band, row, resizer->width, bands);
    }
    if (++resizer->pending == ROWS_AT_ONCE)
        hand_over(resizer);
}

/* The colour that was times alpha; filters overshoot, so it may be more than can be. */
static inline uint8_t unweighted(unsigned sample, unsigned alpha)
{
    unsigned colour = (sample * 255 + alpha / 2) / alpha;

    return (uint8_t)(colour < 255 ? colour : 255);
}

/* What is not seen takes the colour of what is on its left, or of the first that is: a codec stores
 * that most cheaply. */
static void unweight_row(uint8_t *samples, const uint8_t *alpha, uint32_t width, unsigned faint)
{
    uint8_t colour = 0;
    uint32_t x = 0;

    while (x < width && alpha[x] <= faint)
        x++;
    if (x < width)
        colour = unweighted(samples[x], alpha[x]);
    for (x = 0; x < width; x++) {
        if (alpha[x] > faint)
            colour = unweighted(samples[x], alpha[x]);
        samples[x] = colour;
    }
}

static void unweight(struct plane *colour, const struct plane *alpha, unsigned faint)
{
    for (uint32_t y = 0; y < colour->height; y++)
        unweight_row(colour->data + y * colour->pitch, alpha->data + y * alpha->pitch,
                     colour->width, faint);
}

void resizer_end(struct resizer *resizer)
{
    if (resizer->pending > 0)
        hand_over(resizer);
    for (unsigned band = 0; resizer->alpha && band + 1 < resizer->bands; band++)
        unweight(&resizer->planes[band], &resizer->planes[resizer->bands - 1], resizer->faint);
}

void resizer_interleave(const struct resizer *resizer, uint8_t *samples)
{
    const unsigned bands = resizer->bands;
    uint32_t width = resizer->planes[0].width, height = resizer->planes[0].height;

    for (uint32_t y = 0; y < height; y++) {
        for (unsigned band = 0; band < bands; band++) {
            const uint8_t *row = resizer->planes[band].data + y * resizer->planes[band].pitch;

            for (uint32_t x = 0; x < width; x++)
                samples[x * bands + band] = row[x];
        }
        samples += (size_t)width * bands;
    }
}

void resizer_clear(struct resizer *resizer)
{
    free(resizer->memory);
    *resizer = (struct resizer){0};
}
