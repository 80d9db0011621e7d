/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/halver_filter.h"

/* For every machine. The other kernels must have the same result. */

static int saturate(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static unsigned multiply_pair(const int16_t *pair, const int16_t weight[2])
{
    return (unsigned)(pair[0] * weight[0]) + (unsigned)(pair[1] * weight[1]);
}

static void vertical_plain(const struct halver_filter *filter,
                           const uint8_t *const rows[HALVER_PAIRS],
                           const struct halver_vertical *weights)
{
    int16_t *to = halver_filtered(filter, 0);

    for (size_t n = 0; n < (size_t)filter->columns * OVERLAP_FREQUENCIES; n++)
        for (unsigned y = 0; y < OVERLAP_POINTS; y++) {
            unsigned sum = HALVER_VERTICAL_ROUND;

            for (unsigned i = 0; i < HALVER_PAIRS; i++)
                sum += multiply_pair((const int16_t *)(const void *)rows[i] + 2 * n,
                                     weights->weight[y][i]);
            to[n / 2 * HALVER_PAIR_SHORTS + y * 2 + n % 2] =
                (int16_t)saturate((int)sum >> HALVER_VERTICAL_SHIFT, INT16_MIN, INT16_MAX);
        }
}

static void horizontal_plain(const struct halver_filter *filter, uint8_t *to, size_t pitch)
{
    for (uint32_t column = 0; column < filter->columns; column++, to += OVERLAP_POINTS) {
        const struct halver_horizontal *weights = halver_weights(filter, column);
        const int16_t *pairs = halver_filtered(filter, (ptrdiff_t)column - 1);

        for (unsigned y = 0; y < OVERLAP_POINTS; y++)
            for (unsigned x = 0; x < OVERLAP_POINTS; x++) {
                unsigned sum = HALVER_HORIZONTAL_ROUND;

                for (unsigned i = 0; i < HALVER_PAIRS; i++)
                    sum += multiply_pair(pairs + i * HALVER_PAIR_SHORTS + y * 2,
                                         weights->weight[i][x / 2][x % 2][y]);
                to[y * pitch + x] = (uint8_t)saturate((int)sum >> HALVER_HORIZONTAL_SHIFT, 0, 255);
            }
    }
}

const struct halver_kernels halver_kernels_plain = {vertical_plain, horizontal_plain};
