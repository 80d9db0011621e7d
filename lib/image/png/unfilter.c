/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/unfilter.h"

/*
 * Each byte depends on the pixel to its left, so compilers cannot vectorize the loop. A pixel of
 * three bytes or more, however, is a vector whose bytes are computed at once (SSE2, which every
 * x86-64 has). Before, this took half the time of reading a PNG.
 */
#include "image/core/multiversion.h"
#include "image/core/simd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#if SIMD_X86
#include <emmintrin.h>
#endif

static _inline_ uint8_t paeth(int left, int above, int corner)
{
    int from_left = abs(above - corner), from_above = abs(left - corner);
    int from_corner = abs(left + above - 2 * corner);
    int nearest = from_left <= from_above ? left : above;

    return (uint8_t)((from_left < from_above ? from_left : from_above) <= from_corner ? nearest
                                                                                      : corner);
}

/* The specification's own words, for pixels of any size; the first has zeros to its left. */
static _inline_ void unfilter_bytes(enum png_filter filter, uint8_t *row, const uint8_t *above,
                                    size_t length, size_t step)
{
    for (size_t i = 0; i < length; i++) {
        int left = i < step ? 0 : row[i - step], up = above == NULL ? 0 : above[i];
        int corner = i < step || above == NULL ? 0 : above[i - step];

        if (filter == FILTER_SUB)
            row[i] = (uint8_t)(row[i] + left);
        else if (filter == FILTER_AVERAGE)
            row[i] = (uint8_t)(row[i] + (left + up) / 2);
        else if (filter == FILTER_PAETH)
            row[i] = (uint8_t)(row[i] + paeth(left, up, corner));
    }
}

static void add_row(uint8_t *restrict row, const uint8_t *restrict above, size_t length)
{
    for (size_t i = 0; i < length; i++)
        row[i] = (uint8_t)(row[i] + above[i]);
}

#if SIMD_X86
/* One pixel in the lowest bytes; what lies above them belongs to others and is never stored. */
static _inline_ __m128i load_pixel(const uint8_t *at)
{
    return _mm_loadl_epi64((const __m128i *)(const void *)at);
}

static _inline_ void store_pixel(uint8_t *at, __m128i pixel, size_t step)
{
    uint64_t bytes = (uint64_t)_mm_cvtsi128_si64(pixel);

    memcpy(at, &bytes, step);
}

static _inline_ __m128i magnitude(__m128i value)
{
    return _mm_max_epi16(value, _mm_sub_epi16(_mm_setzero_si128(), value));
}

static _inline_ __m128i select_lanes(__m128i mask, __m128i yes, __m128i no)
{
    return _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no));
}

/* In 16 bits: left + above - corner is as far from left as above is from corner, and so on. */
static _inline_ __m128i paeth_pixel(__m128i left, __m128i above, __m128i corner)
{
    __m128i from_left = _mm_sub_epi16(above, corner), from_above = _mm_sub_epi16(left, corner);
    __m128i from_corner = magnitude(_mm_add_epi16(from_left, from_above)), least;

    from_left = magnitude(from_left);
    from_above = magnitude(from_above);
    least = _mm_min_epi16(from_corner, _mm_min_epi16(from_left, from_above));
    return select_lanes(_mm_cmpeq_epi16(least, from_left), left,
                        select_lanes(_mm_cmpeq_epi16(least, from_above), above, corner));
}

/* Half the sum, rounded down; the processor's own average rounds up. */
static _inline_ __m128i average_pixel(__m128i left, __m128i above)
{
    __m128i odd = _mm_and_si128(_mm_xor_si128(left, above), _mm_set1_epi8(1));

    return _mm_sub_epi8(_mm_avg_epu8(left, above), odd);
}

static _inline_ void unfilter_pixels(enum png_filter filter, uint8_t *row, const uint8_t *above,
                                     size_t length, size_t step)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i left = zero, corner = zero; /* of Paeth: in 16 bits */

    for (size_t i = 0; i < length; i += step) {
        __m128i pixel = load_pixel(row + i);

        if (filter == FILTER_SUB) {
            left = _mm_add_epi8(pixel, left);
            store_pixel(row + i, left, step);
        } else if (filter == FILTER_AVERAGE) {
            left = _mm_add_epi8(pixel, average_pixel(left, load_pixel(above + i)));
            store_pixel(row + i, left, step);
        } else {
            __m128i up = _mm_unpacklo_epi8(load_pixel(above + i), zero);

            pixel = _mm_add_epi8(_mm_unpacklo_epi8(pixel, zero), paeth_pixel(left, up, corner));
            left = pixel; /* sums of bytes: the upper half of each 16 bits stays zero */
            corner = up;
            store_pixel(row + i, _mm_packus_epi16(left, left), step);
        }
    }
}
#else
static _inline_ void unfilter_pixels(enum png_filter filter, uint8_t *row, const uint8_t *above,
                                     size_t length, size_t step)
{
    unfilter_bytes(filter, row, above, length, step);
}
#endif

/* The filter is a constant in each of the loops, and so is the step. */
static _inline_ void unfilter_by(enum png_filter filter, uint8_t *row, const uint8_t *above,
                                 size_t length, size_t step)
{
    bool as_bytes = step < 3 || (above == NULL && filter != FILTER_SUB);

    if (as_bytes && step == 1)
        unfilter_bytes(filter, row, above, length, 1);
    else if (as_bytes)
        unfilter_bytes(filter, row, above, length, step);
    else if (step == 3)
        unfilter_pixels(filter, row, above, length, 3);
    else if (step == 4)
        unfilter_pixels(filter, row, above, length, 4);
    else if (step == 6)
        unfilter_pixels(filter, row, above, length, 6);
    else
        unfilter_pixels(filter, row, above, length, 8);
}

void png_unfilter(enum png_filter filter, uint8_t *row, const uint8_t *above, size_t length,
                  size_t step)
{
    switch (filter) {
    case FILTER_SUB:
        unfilter_by(FILTER_SUB, row, above, length, step);
        break;
    case FILTER_UP:
        if (above != NULL)
            add_row(row, above, length);
        break;
    case FILTER_AVERAGE:
        unfilter_by(FILTER_AVERAGE, row, above, length, step);
        break;
    case FILTER_PAETH:
        unfilter_by(FILTER_PAETH, row, above, length, step);
        break;
    default:
        break;
    }
}
