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

/* The phases of blocks along one dimension, by the place of their middle. */
static struct idct_phase find_phase(const struct idct_options *options, uint32_t along)
{
    const uint32_t whole = SYNTHESIS_PHASES << 16;
    const uint32_t middle = options->points / 2;

    if (along == 0)
        return (struct idct_phase){0};
    return (struct idct_phase){
        .first = (1 << 16) + (uint32_t)((uint64_t)middle * whole / along),
        .step = (uint32_t)((uint64_t)options->points * whole / along),
    };
}

void idct_prepare(struct idct *idct, const struct jpeg_component *component,
                  const struct idct_options *options)
{
    const unsigned points = options->points;

    idct->points = points;
    idct->deep = options->deep;
    idct->frequencies = options->deep ? points : synthesis_reduction(points, 0)->frequencies;
    idct->across = find_phase(options, options->along_x);
    idct->down = find_phase(options, options->along_y);
    idct->last = 0;
    for (unsigned k = 0; k < 64; k++)
        if (idct_wants(idct, k))
            idct->last = k;
    if (idct->frequencies <= 4)
        idct_narrow_prepare(idct, component);
    else
        idct_wide_prepare(idct, component);
}

bool idct_wants(const struct idct *idct, unsigned k)
{
    return idct_natural_order[k] >> 3 < idct->frequencies &&
           (idct_natural_order[k] & 7) < idct->frequencies;
}
