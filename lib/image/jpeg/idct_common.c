/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/idct_common.h"

const uint8_t idct_natural_order[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* By the place of their middle. */
struct idct_phase idct_find_phase(unsigned points, uint32_t along)
{
    const uint32_t whole = SYNTHESIS_PHASES << 16;
    const uint32_t middle = points / 2;

    if (along == 0)
        return (struct idct_phase){0};
    return (struct idct_phase){
        .first = (1 << 16) + (uint32_t)((uint64_t)middle * whole / along),
        .step = (uint32_t)((uint64_t)points * whole / along),
    };
}

bool idct_wants(const struct idct *idct, unsigned k)
{
    const unsigned v = idct_natural_order[k] >> 3, u = idct_natural_order[k] & 7;

    return v < idct->frequencies && u < idct->frequencies &&
           (idct->kind != IDCT_PAIRS || v + u <= IDCT_PAIRS_SUM_MAX);
}
