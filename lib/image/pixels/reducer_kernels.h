/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/simd.h"
#include "image/pixels/reducer_taps.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What a reducer filters with: sums of rows times weights, REDUCER_GROUP samples side by side.
 *
 * Sums are of 16 bits: a sample has 6 bits of fraction, of which a product, whose high half alone
 * is kept, has 5. Of many products, each of them small, too much would be lost: there they are of
 * 32.
 */
enum {
    REDUCER_GROUP = 32,
    REDUCER_FRACTION_BITS = 6, /* of samples going in and between both directions */
    REDUCER_SUM_BITS = REDUCER_FRACTION_BITS - 1,
};

/* From `taps` rows of samples, `pitch` bytes apart, to one group. */
typedef void reducer_kernel(const uint8_t *from, size_t pitch, const int16_t *weights,
                            uint32_t taps, uint8_t *to);

struct reducer_kernels {
    reducer_kernel *to_deep;  /* samples as they went in */
    reducer_kernel *to_bytes; /* samples of 8 bits */
};

/* For fewer taps than REDUCER_TAPS_MANY, with the same result; and for as many or more. */
extern const struct reducer_kernels reducer_kernels_plain;
#if SIMD_X86
extern const struct reducer_kernels reducer_kernels_avx2;
#endif
extern const struct reducer_kernels reducer_kernels_many;
