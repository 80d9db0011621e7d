/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/simd.h"
#include "image/jpeg/idct_common.h"

/*
 * Blocks of 2 to 4 points, in integers of 16 bits with products of 32: all of a block's
 * coefficients fit two vectors. They lie in pairs, vertical frequencies first, for the instruction
 * that multiplies and adds pairs:
 *
 *     low:  (v0 v1) of u = 0, 1, 2, 3        high:  (v2 v3) of u = 0, 1, 2, 3
 *
 * Samples between both passes keep MIDDLE_BITS bits of fraction; a transformed image of any
 * contrast stays far inside 16 bits, and a broken one saturates, in both kernels to the same bit
 * (tests/unit/test_idct.c).
 */
enum {
    IDCT_WEIGHT_BITS = 14,
    IDCT_MIDDLE_BITS = 5,
    IDCT_VERTICAL_SHIFT = IDCT_WEIGHT_BITS - IDCT_MIDDLE_BITS,
    IDCT_HORIZONTAL_SHIFT = IDCT_WEIGHT_BITS + IDCT_MIDDLE_BITS,
};

static inline int idct_saturate(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

void idct_narrow_plain(const struct idct *idct, const struct idct_weights *vertical,
                       const struct idct_weights *horizontal, const int16_t *block, uint8_t *to,
                       size_t pitch);
#if SIMD_X86
void idct_narrow_sse2(const struct idct *idct, const struct idct_weights *vertical,
                      const struct idct_weights *horizontal, const int16_t *block, uint8_t *to,
                      size_t pitch);
#endif
