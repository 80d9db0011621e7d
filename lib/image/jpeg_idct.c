/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_idct.h"

/*
 * libjpeg's reduced transforms have vectors for 4, 2 and 1 points only, compute at 4 and 2 the mean of
 * the full block's samples, and make chroma as large as luma; hence one of our own.
 */

const uint8_t idct_natural_order[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

void idct_prepare(struct idct *idct, const struct jpeg_component *component, unsigned points,
                  bool deep)
{
    struct jpeg_synthesis synthesis =
        deep ? synthesis_transform(points) : synthesis_reduction(points);

    idct->points = points;
    idct->frequencies = synthesis.frequencies;
    idct->deep = deep;
    idct->last = 0;
    for (unsigned k = 0; k < 64; k++)
        if (idct_wants(idct, k))
            idct->last = k;
    if (idct->frequencies <= 4)
        idct_narrow_prepare(idct, &synthesis, component);
    else
        idct_wide_prepare(idct, &synthesis, component);
}

bool idct_wants(const struct idct *idct, unsigned k)
{
    return idct_natural_order[k] >> 3 < idct->frequencies &&
           (idct_natural_order[k] & 7) < idct->frequencies;
}

void idct_block(const struct idct *idct, const int16_t *block, unsigned k, uint8_t *to,
                size_t pitch)
{
    if (idct->frequencies <= 4)
        idct_narrow_block(idct, block, k, to, pitch);
    else
        idct_wide_block(idct, block, k, to, pitch);
}
