/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_idct.h"

#include <math.h>

/* libjpeg's reduced transforms have vectors for 4, 2 and 1 points only, compute at 4 and 2 the mean
 * of the full block's samples, and make chroma as large as luma; hence one of our own. */

const uint8_t idct_natural_order[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* T.81, A.3.3: half of C(u) cos((2x + 1) u pi / 2N) a dimension, whatever N is. */
static void prepare_basis(struct idct *idct)
{
    const double n = idct->points;

    memset(idct->columns, 0, sizeof(idct->columns));
    for (unsigned u = 0; u < idct->points; u++)
        for (unsigned x = 0; x < idct->points; x++) {
            double value = 0.5 * cos((2 * x + 1) * u * M_PI / (2 * n));

            if (u == 0)
                value *= M_SQRT1_2;
            idct->basis[x][u] = (float)value;
            idct->columns[u][x] = (float)value;
        }
}

void idct_prepare(struct idct *idct, const struct jpeg_component *component, unsigned points)
{
    idct->points = points;
    idct->last = 0;
    prepare_basis(idct);
    memset(idct->quantizer, 0, sizeof(idct->quantizer));
    for (unsigned k = 0; k < 64; k++) {
        unsigned row = idct_natural_order[k] >> 3, column = idct_natural_order[k] & 7;

        /* Place 7 is free where there are fewer points than 8, and its quantizer is then 0. */
        idct->place[k] = 7;
        if (row >= points || column >= points)
            continue;
        idct->place[k] = idct_natural_order[k];
        idct->quantizer[row][column] = (float)jpeg_quantizer(component, k);
        idct->last = k;
    }
}
