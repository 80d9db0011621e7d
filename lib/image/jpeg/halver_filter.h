/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/simd.h"
#include "image/jpeg/idct_common.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The two steps of the halver: vertical, from the rows of pairs of three rows of blocks to one row
 * of blocks; and horizontal, from that to four rows of samples.
 *
 * Integers: factors of 16 bits, sums of 32. Between the steps values have HALVER_MIDDLE_BITS bits
 * of fraction. Images of any contrast stay far below overflow; damaged ones wrap or saturate, to
 * the same bit in every kernel (tests/unit/test_halver.c).
 */
enum {
    HALVER_STEP = IDCT_PAIRS_STEP * (int)sizeof(int16_t), /* from block to block, bytes */
    HALVER_WEIGHT_BITS = 14,                              /* a weight of 1 */
    HALVER_PAIRS = 3 * IDCT_PAIRS_ROWS,                   /* of frequencies, in three blocks */
};

enum {
    HALVER_MIDDLE_BITS = 5,
    HALVER_VERTICAL_SHIFT = HALVER_WEIGHT_BITS - HALVER_MIDDLE_BITS,
    HALVER_HORIZONTAL_SHIFT = HALVER_WEIGHT_BITS + HALVER_MIDDLE_BITS,
    HALVER_VERTICAL_ROUND = 1 << (HALVER_VERTICAL_SHIFT - 1),
    HALVER_HORIZONTAL_ROUND =
        (1 << (HALVER_HORIZONTAL_SHIFT - 1)) + (128 << HALVER_HORIZONTAL_SHIFT),
    HALVER_PAIR_SHORTS = 2 * OVERLAP_POINTS, /* a pair of four rows */
};

/* Weights, laid out for vectors, in pairs: vertical ones by sample y of the result; horizontal ones
 * for samples 0 and 1, then 2 and 3, repeated for four rows. */
struct halver_vertical {
    int16_t weight[OVERLAP_POINTS][HALVER_PAIRS][2];
};

struct halver_horizontal {
    int16_t weight[HALVER_PAIRS][2][2][4][2];
} __attribute__((aligned(32)));

struct halver_filter {
    uint32_t columns;                        /* blocks with pixels */
    struct idct_phase phase;                 /* horizontal */
    int16_t *filtered;                       /* a row of blocks between the two steps */
    const struct halver_horizontal *weights; /* by phase; and at the edges: */
    const struct halver_horizontal *first, *next_to_last, *last;
};

/* Both may read and write one block beyond the last. */
struct halver_kernels {
    void (*vertical)(const struct halver_filter *filter, const uint8_t *const rows[HALVER_PAIRS],
                     const struct halver_vertical *weights);
    void (*horizontal)(const struct halver_filter *filter, uint8_t *to, size_t pitch);
};

extern const struct halver_kernels halver_kernels_plain;
#if SIMD_X86
extern const struct halver_kernels halver_kernels_avx2, halver_kernels_vnni;
#endif

/* The pairs of one block of a vertically filtered row: (u0 u1) in four rows, then (u2 u3), then (u4
 * u5). Column -1 is the place before the first block. */
static inline int16_t *halver_filtered(const struct halver_filter *filter, ptrdiff_t column)
{
    return filter->filtered + (column + 1) * OVERLAP_FREQUENCIES * OVERLAP_POINTS;
}

/* The horizontal weights of the block in that column. */
static inline const struct halver_horizontal *halver_weights(const struct halver_filter *filter,
                                                             uint32_t column)
{
    if (column == 0)
        return filter->first;
    if (column + 2 >= filter->columns)
        return column + 2 == filter->columns ? filter->next_to_last : filter->last;
    return &filter->weights[idct_phase_at(&filter->phase, column)];
}
