/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/blur.h"

#include "base/cleanup.h"
#include "image/core/multiversion.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Rows stream through:
 *
 *     source rows -> sums of `cell` rows -> `line`: cells, with margins -> ring: blurred
 *     horizontally -> blurred vertically -> near: four rows of cells -> interpolated, a row a time
 *
 * Cell j covers pixels j * cell to (j + 1) * cell - 1; there are cells beyond the edges, too. Where
 * a cell is a pixel nothing is interpolated. All sums are in floating point, of colours multiplied
 * by alpha.
 */
enum { NEAR = 4, LANES = 8, BLOCK = 4 * LANES };

/* Where the kernel ends, in sigma: what lies beyond is 0.05 % of it. */
static const double kernel_end = 3.5;

struct blur {
    struct blur_source source;
    int cell;     /* pixels each way */
    int radius;   /* of the kernel, in cells */
    int beyond;   /* cells beyond each edge that interpolation needs */
    size_t cells; /* of a row, with those */
    size_t pitch; /* floats of a row of cells */
    float *kernel, *interpolation;
    float *pixels, *line, *ring, *near, *mixed;
};

static void cleanup_floats(float **floats)
{
    free(*floats);
}

static int clamp_index(int index, int last)
{
    return index < 0 ? 0 : index > last ? last : index;
}

/* Several floats at once; gcc and clang split them where the processor's vectors are shorter. */
typedef float lanes __attribute__((vector_size(32), aligned(4), may_alias));

/* out[i] = the sum of weights[t] * rows[t][i]. Rows have room for whole blocks. */
_multiversion_ static void sum_rows(const float *const *rows, const float *weights, int taps,
                                    float *restrict out, size_t count)
{
    for (size_t from = 0; from < count; from += BLOCK) {
        lanes sums[BLOCK / LANES] = {0};

        for (int t = 0; t < taps; t++) {
            const lanes *row = (const lanes *)(rows[t] + from);

            sums[0] += weights[t] * row[0];
            sums[1] += weights[t] * row[1];
            sums[2] += weights[t] * row[2];
            sums[3] += weights[t] * row[3];
        }
        memcpy(out + from, sums, sizeof(sums));
    }
}

/* --- from the source ----------------------------------------------------------------------------
 */

/* Adds a row of pixels, multiplied by alpha, `times` times. */
_multiversion_ static void add_pixels(const struct blur *blur, int y, float times,
                                      float *restrict sums)
{
    const struct blur_source *source = &blur->source;
    const size_t bands = source->bands, count = source->width * bands;
    const uint8_t *row = (const uint8_t *)source->samples + (size_t)y * count * (source->deep + 1U);
    const uint16_t *deep_row = (const void *)row;

    if (source->deep) {
        for (size_t i = 0; i < count; i++)
            blur->mixed[i] = deep_row[i];
    } else {
        for (size_t i = 0; i < count; i++)
            blur->mixed[i] = row[i];
    }
    for (size_t x = 0; source->alpha && x < count; x += bands) {
        const float part = blur->mixed[x + bands - 1] / (source->deep ? 65535.0F : 255.0F);

        for (size_t band = 0; band + 1 < bands; band++)
            blur->mixed[x + band] *= part;
    }
    for (size_t i = 0; i < count; i++)
        sums[i] += times * blur->mixed[i];
}

/* A row of cells, with margins for the kernel, into blur->line. */
static void average_cells(const struct blur *blur, int row)
{
    const int width = (int)blur->source.width, last = (int)blur->source.height - 1;
    const int top = row * blur->cell, bottom = top + blur->cell - 1;
    const int first = -blur->beyond - blur->radius;
    const int count = (int)blur->cells + 2 * blur->radius;
    const size_t bands = blur->source.bands;
    const float share = 1 / ((float)blur->cell * (float)blur->cell);

    memset(blur->pixels, 0, blur->source.width * bands * sizeof(float));
    for (int y = clamp_index(top, last); y <= clamp_index(bottom, last); y++) {
        const int above = y == 0 && top < 0 ? (bottom < 0 ? blur->cell - 1 : -top) : 0;
        const int below =
            y == last && bottom > last ? (top > last ? blur->cell - 1 : bottom - last) : 0;

        add_pixels(blur, y, (float)(1 + above + below), blur->pixels);
    }
    memset(blur->line, 0, (size_t)count * bands * sizeof(float));
    for (int j = 0; j < count; j++) {
        float *cell = blur->line + (size_t)j * bands;

        for (int i = 0; i < blur->cell; i++) {
            const size_t x = (size_t)clamp_index((first + j) * blur->cell + i, width - 1);

            for (size_t band = 0; band < bands; band++)
                cell[band] += blur->pixels[x * bands + band] * share;
        }
    }
}

/* --- blurred ------------------------------------------------------------------------------------
 */

static int taps_of(const struct blur *blur)
{
    return 2 * blur->radius + 1;
}

static float *ring_row(const struct blur *blur, int row)
{
    const int taps = taps_of(blur);

    return blur->ring + (size_t)((row % taps + taps) % taps) * blur->pitch;
}

static void blur_horizontally(const struct blur *blur, int row, const float **rows)
{
    average_cells(blur, row);
    for (int t = 0; t < taps_of(blur); t++)
        rows[t] = blur->line + (size_t)t * blur->source.bands;
    sum_rows(rows, blur->kernel, taps_of(blur), ring_row(blur, row),
             blur->cells * blur->source.bands);
}

static void blur_vertically(const struct blur *blur, int row, const float **rows, float *out)
{
    for (int t = 0; t < taps_of(blur); t++)
        rows[t] = ring_row(blur, row + t - blur->radius);
    sum_rows(rows, blur->kernel, taps_of(blur), out, blur->cells * blur->source.bands);
}

/* --- to the result ------------------------------------------------------------------------------
 */

/* Divides by alpha, rounds, and stores. */
static void store_pixels(const struct blur *blur, float *row, int y, void *result)
{
    const struct blur_source *source = &blur->source;
    const size_t bands = source->bands, count = source->width * bands, at = (size_t)y * count;
    const float most = source->deep ? 65535 : 255;

    for (size_t x = 0; source->alpha && x < count; x += bands) {
        const float alpha = row[x + bands - 1], part = alpha > 0 ? most / alpha : 0;

        for (size_t band = 0; band + 1 < bands; band++)
            row[x + band] *= part;
    }
    for (size_t i = 0; i < count; i++)
        row[i] = row[i] < 0 ? 0 : row[i] < most ? row[i] + 0.5F : most;
    if (source->deep) {
        for (size_t i = 0; i < count; i++)
            ((uint16_t *)result)[at + i] = (uint16_t)row[i];
    } else {
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)result)[at + i] = (uint8_t)row[i];
    }
}

/* The second of the four cells between which pixel `at` lies, and its place between them. The
 * middle of a cell is a pixel, or lies between two. */
static int find_cell(const struct blur *blur, int at, int *phase)
{
    const int from_first = at + blur->cell - blur->cell / 2; /* of cell -1 */

    *phase = from_first % blur->cell;
    return from_first / blur->cell - 1;
}

static const float *weights_of(const struct blur *blur, int phase)
{
    return blur->interpolation + (size_t)phase * NEAR;
}

_multiversion_ static void interpolate_row(const struct blur *blur, const float *restrict cells,
                                           float *restrict out)
{
    const size_t bands = blur->source.bands;
    int phase, first = find_cell(blur, 0, &phase) - 1 + blur->beyond;

    for (uint32_t x = 0; x < blur->source.width; x++, out += bands) {
        const float *weights = weights_of(blur, phase);
        const float *cell = cells + (size_t)first * bands;

        for (size_t band = 0; band < bands; band++, cell++)
            out[band] = weights[0] * cell[0] + weights[1] * cell[bands] +
                        weights[2] * cell[2 * bands] + weights[3] * cell[3 * bands];
        if (++phase == blur->cell) {
            phase = 0;
            first++;
        }
    }
}

static float *near_row(const struct blur *blur, int row)
{
    return blur->near + (size_t)((row + NEAR) % NEAR) * blur->pitch;
}

/* The rows of the result from *y on that need cells up to row `last` and no further. */
static void finish_rows(const struct blur *blur, int last, int *y, void *result)
{
    for (; *y < (int)blur->source.height; (*y)++) {
        const float *rows[NEAR];
        int phase;
        const int second = find_cell(blur, *y, &phase);

        if (second + 2 > last)
            return;
        for (int i = 0; i < NEAR; i++)
            rows[i] = near_row(blur, second - 1 + i);
        sum_rows(rows, weights_of(blur, phase), NEAR, blur->mixed,
                 blur->cells * blur->source.bands);
        interpolate_row(blur, blur->mixed, blur->pixels);
        store_pixels(blur, blur->pixels, *y, result);
    }
}

static void blur_rows(const struct blur *blur, const float **rows, void *result)
{
    const int count = ((int)blur->source.height + blur->cell - 1) / blur->cell;
    int y = 0, next = -blur->beyond - blur->radius;

    for (int row = -blur->beyond; row < count + blur->beyond; row++) {
        while (next <= row + blur->radius)
            blur_horizontally(blur, next++, rows);
        if (blur->cell == 1) {
            blur_vertically(blur, row, rows, blur->mixed);
            store_pixels(blur, blur->mixed, row, result);
        } else {
            blur_vertically(blur, row, rows, near_row(blur, row));
            finish_rows(blur, row, &y, result);
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 */

static void fill_kernel(const struct blur *blur, double sigma)
{
    double sum = 0;

    for (int t = -blur->radius; t <= blur->radius; t++)
        sum += exp(-t * t / (2 * sigma * sigma));
    for (int t = -blur->radius; t <= blur->radius; t++)
        blur->kernel[t + blur->radius] = (float)(exp(-t * t / (2 * sigma * sigma)) / sum);
}

/* Cubic convolution, which reproduces parabolas (Keys, 1981, with a = -1/2). */
static void fill_interpolation(const struct blur *blur)
{
    const double offset = blur->cell % 2 == 0 ? 0.5 : 0; /* a cell's middle is between pixels */

    for (int phase = 0; phase < blur->cell; phase++) {
        const double x = (phase + offset) / blur->cell;
        float *weights = blur->interpolation + (size_t)phase * NEAR;

        weights[0] = (float)(x * (-0.5 + x * (1 - 0.5 * x)));
        weights[1] = (float)(1 + x * x * (-2.5 + 1.5 * x));
        weights[2] = (float)(x * (0.5 + x * (2 - 1.5 * x)));
        weights[3] = (float)(x * x * (-0.5 + 0.5 * x));
    }
}

/* Shares `floats` out; with NULL only counts them. */
static size_t lay_out(struct blur *blur, float *floats)
{
    const size_t row = blur->source.width * blur->source.bands;
    const size_t margins = 2 * (size_t)blur->radius * blur->source.bands;
    const size_t widest = row > blur->pitch ? row : blur->pitch;
    const struct {
        float **place;
        size_t count;
    } parts[] = {
        {&blur->kernel, (size_t)taps_of(blur)},
        {&blur->interpolation, (size_t)blur->cell * NEAR},
        {&blur->pixels, row},
        {&blur->line, blur->pitch + margins},
        {&blur->ring, (size_t)taps_of(blur) * blur->pitch},
        {&blur->near, NEAR * blur->pitch},
        {&blur->mixed, widest},
    };
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        *parts[i].place = floats == NULL ? NULL : floats + used;
        used += parts[i].count;
    }
    return used;
}

int blur_gaussian(const struct blur_source *source, double sigma, void *result)
{
    const int cell = sigma < 2 * BLUR_FINE ? 1 : (int)(sigma / BLUR_FINE);
    /* The average of a cell has a variance of its own. */
    const double left = sqrt(sigma * sigma - (cell * cell - 1) / 12.0) / cell;
    struct blur blur = {
        .source = *source,
        .cell = cell,
        .radius = (int)ceil(kernel_end * left),
        .beyond = cell == 1 ? 0 : 2,
    };
    _cleanup_(cleanup_floats) float *floats = NULL;
    _cleanup_free_ const float **rows = NULL;

    blur.cells = (source->width + (unsigned)cell - 1) / (unsigned)cell + 2 * (size_t)blur.beyond;
    blur.pitch = (blur.cells * source->bands + BLOCK - 1) / BLOCK * BLOCK;
    floats = calloc(lay_out(&blur, NULL), sizeof(*floats));
    rows = calloc((size_t)taps_of(&blur), sizeof(*rows)); /* NOLINT(bugprone-sizeof-expression) */
    if (floats == NULL || rows == NULL)
        return -ENOMEM;
    lay_out(&blur, floats);
    fill_kernel(&blur, left);
    fill_interpolation(&blur);
    blur_rows(&blur, rows, result);
    return 0;
}
