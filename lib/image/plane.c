/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plane.h"

#include "base/cleanup.h"
#include "image/jpeg_entropy.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/*
 * Turning and reducing planes. There is one filter, along columns, where neighbouring samples are
 * neighbours in memory and the compiler makes vectors of them; rows are filtered by transposing,
 * filtering, and transposing back, which is cheaper than gathering.
 */

typedef uint8_t vector __attribute__((vector_size(16), aligned(1), may_alias));

static size_t pitch_for(uint32_t width)
{
    return ((size_t)width + PLANE_MARGIN + 63) & ~(size_t)63;
}

size_t plane_bytes(uint32_t width, uint32_t height)
{
    return pitch_for(width) * ((size_t)height + PLANE_MARGIN);
}

void plane_place(struct plane *plane, uint8_t *memory, uint32_t width, uint32_t height)
{
    *plane = (struct plane){
        .data = memory, .width = width, .height = height, .pitch = pitch_for(width)};
}

/* 16 x 16 samples: rows i and i + 8 are interleaved, four times over. */
static _inline_ void transpose_tile(const uint8_t *from, size_t from_pitch, uint8_t *to,
                                    size_t to_pitch)
{
    const vector low = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
    const vector high = {8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    vector rows[16], next[16];

    for (unsigned i = 0; i < 16; i++)
        rows[i] = *(const vector *)(from + i * from_pitch);
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 8; i++) {
            next[2 * i] = __builtin_shuffle(rows[i], rows[i + 8], low);
            next[2 * i + 1] = __builtin_shuffle(rows[i], rows[i + 8], high);
        }
        memcpy(rows, next, sizeof(rows));
    }
    for (unsigned i = 0; i < 16; i++)
        *(vector *)(to + i * to_pitch) = rows[i];
}

_hot_ void plane_transpose(const struct plane *from, struct plane *to)
{
    for (uint32_t y = 0; y < from->height; y += 16)
        for (uint32_t x = 0; x < from->width; x += 16)
            transpose_tile(from->data + y * from->pitch + x, from->pitch,
                           to->data + x * to->pitch + y, to->pitch);
}

void plane_mirror(struct plane *plane)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *left = plane->data + y * plane->pitch, *right = left + plane->width - 1;

        for (; left < right; left++, right--) {
            uint8_t sample = *left;

            *left = *right;
            *right = sample;
        }
    }
}

static void swap_rows(uint8_t *a, uint8_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t sample = a[i];

        a[i] = b[i];
        b[i] = sample;
    }
}

void plane_flip(struct plane *plane)
{
    for (uint32_t top = 0, bottom = plane->height - 1; top < bottom; top++, bottom--)
        swap_rows(plane->data + top * plane->pitch, plane->data + bottom * plane->pitch,
                  plane->width);
}

/* --- the filter --------------------------------------------------------------------------------- */

enum {
    LOBES = 3,
    WEIGHT_BITS = 14,          /* a weight of 1 */
    SAMPLE_BITS = 7,           /* a sample times its weight, high half: 6 bits of fraction */
    STRIP = 512,               /* columns at once: their sums stay in the first cache */
};

static double lanczos(double x)
{
    if (x == 0)
        return 1;
    if (fabs(x) >= LOBES)
        return 0;
    x *= M_PI;
    return LOBES * sin(x) * sin(x / LOBES) / (x * x);
}

/* The weights of one row of the result; they sum up to 1 exactly. Returns the first row they are
 * for, and *count. */
static uint32_t find_weights(uint32_t rows, double step, uint32_t y, int16_t *weights,
                             uint32_t *count)
{
    double width = step < 1 ? 1 : step, centre = (y + 0.5) * step - 0.5, sum = 0;
    double from = ceil(centre - LOBES * width), to = floor(centre + LOBES * width);
    uint32_t first = from < 0 ? 0 : from > rows - 1.0 ? rows - 1 : (uint32_t)from;
    uint32_t last = to > rows - 1.0 ? rows - 1 : to < first ? first : (uint32_t)to;
    int rest = 1 << WEIGHT_BITS, largest = 0;

    *count = last - first + 1;
    for (uint32_t i = 0; i < *count; i++)
        sum += lanczos((first + i - centre) / width);
    for (uint32_t i = 0; i < *count; i++) {
        double weight = sum > 0 ? lanczos((first + i - centre) / width) / sum : i == 0;

        weights[i] = (int16_t)lrint(weight * (1 << WEIGHT_BITS));
        rest -= weights[i];
        if (weights[i] > weights[largest])
            largest = (int)i;
    }
    weights[largest] = (int16_t)(weights[largest] + rest);
    return first;
}

/* The products' high halves, rounded: what one instruction of SSSE3 does. */
static _inline_ int16_t multiply(int16_t a, int16_t b)
{
    return (int16_t)(((a * b >> 14) + 1) >> 1);
}

_hot_ static void filter_strip(const uint8_t *from, size_t pitch, const int16_t *weights,
                               uint32_t count, uint8_t *restrict to)
{
    int16_t sums[STRIP];

    for (unsigned x = 0; x < STRIP; x++)
        sums[x] = 1 << 5; /* a half */
    for (; count >= 2; count -= 2, weights += 2, from += 2 * pitch)
        for (unsigned x = 0; x < STRIP; x++)
            sums[x] = (int16_t)(sums[x] +
                                multiply((int16_t)(from[x] << SAMPLE_BITS), weights[0]) +
                                multiply((int16_t)(from[x + pitch] << SAMPLE_BITS), weights[1]));
    if (count > 0)
        for (unsigned x = 0; x < STRIP; x++)
            sums[x] = (int16_t)(sums[x] +
                                multiply((int16_t)(from[x] << SAMPLE_BITS), weights[0]));
    for (unsigned x = 0; x < STRIP; x++) {
        int16_t sample = sums[x] >> 6;

        sample = sample < 0 ? 0 : sample;
        to[x] = (uint8_t)(sample > 255 ? 255 : sample);
    }
}

/* The last, narrower strip of a row goes through memory of full width. */
static void filter_narrow(const uint8_t *from, size_t pitch, const int16_t *weights, uint32_t count,
                          uint8_t *to, size_t width, uint8_t *strip)
{
    uint8_t result[STRIP];

    for (uint32_t i = 0; i < count; i++)
        memcpy(strip + (size_t)i * STRIP, from + i * pitch, width);
    filter_strip(strip, STRIP, weights, count, result);
    memcpy(to, result, width);
}

int plane_reduce_rows(const struct plane *from, struct plane *to, double step)
{
    size_t taps = 2 * (size_t)ceil(LOBES * (step < 1 ? 1 : step)) + 2;
    _cleanup_free_ int16_t *weights = malloc(taps * sizeof(*weights));
    _cleanup_free_ uint8_t *strip = calloc(taps, STRIP);

    if (weights == NULL || strip == NULL)
        return -ENOMEM;
    for (uint32_t y = 0; y < to->height; y++) {
        uint32_t count, first = find_weights(from->height, step, y, weights, &count);
        const uint8_t *source = from->data + first * from->pitch;
        uint8_t *row = to->data + y * to->pitch;
        size_t x = 0;

        for (; x + STRIP <= from->width; x += STRIP)
            filter_strip(source + x, from->pitch, weights, count, row + x);
        if (x < from->width)
            filter_narrow(source + x, from->pitch, weights, count, row + x, from->width - x,
                          strip);
    }
    return 0;
}
