/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/idct_narrow_kernels.h"

#include <string.h>

/* For machines without SSE2, and what that kernel must agree with. */

static void store_sample(int value, uint8_t *to, unsigned x, bool deep)
{
    int16_t sample = (int16_t)idct_saturate(value, REDUCER_MIN, REDUCER_MAX);

    if (deep)
        memcpy(to + x * sizeof(sample), &sample, sizeof(sample));
    else
        to[x] = (uint8_t)idct_saturate(value, 0, 255);
}

void idct_narrow_plain(const struct idct *idct, const struct idct_weights *vertical,
                       const struct idct_weights *horizontal, const int16_t *block, uint8_t *to,
                       size_t pitch)
{
    const unsigned points = idct->points;
    const bool both = idct->frequencies > 2, deep = idct->deep;
    const int shift = IDCT_HORIZONTAL_SHIFT - (deep ? REDUCER_FRACTION_BITS : 0);

    for (unsigned y = 0; y < points; y++, to += pitch) {
        int row[4];

        for (unsigned u = 0; u < 4; u++) {
            int sum = 1 << (IDCT_VERTICAL_SHIFT - 1);

            for (unsigned v = 0; v < (both ? 4 : 2); v++) {
                unsigned place = v % 2 + u * 2;
                unsigned value = (unsigned)block[v / 2 * 8 + place] *
                                 (unsigned)idct->narrow.quantizer[v / 2][place];

                sum += (int16_t)value * vertical->vertical[y][v / 2][place];
            }
            row[u] = idct_saturate(sum >> IDCT_VERTICAL_SHIFT, INT16_MIN, INT16_MAX);
        }
        for (unsigned x = 0; x < points; x++) {
            int sum = (1 << (shift - 1)) + (deep ? 0 : 128 << shift);

            for (unsigned u = 0; u < 4; u++)
                sum += row[u] * horizontal->horizontal[u / 2][x * 2 + u % 2];
            store_sample(sum >> shift, to, x, deep);
        }
    }
}
