/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/idct.h"
#include "image/pixels/plane.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Reduces one component to one half while it is decoded, from the 36 lowest coefficients of each
 * block and of its neighbours (synthesis.h): inverse DCT and filter in one, first down, then
 * across.
 *
 * A row of blocks goes in as three rows of pairs, one `pitch` apart: coefficients (v0 v1) of u = 0,
 * 1, 2, 3, 4, 5 of each block, then (v2 v3), then (v4 v5), multiplied by their quantizers, 16 bits
 * each. Of blocks that hold less than eight columns or rows of pixels they are the coefficients of
 * a DCT of so many points (edge.h). Four rows of the result come out, of 8 bits, as soon as the
 * next row of blocks is there. One thread.
 */
enum {
    HALVER_STEP = IDCT_PAIRS_STEP * (int)sizeof(int16_t), /* from block to block, bytes */
    HALVER_WEIGHT_BITS = 14,                              /* a weight of 1 */
    HALVER_PAIRS = 3 * IDCT_PAIRS_ROWS,                   /* of weights: those of three blocks */
};

/* Weights as vectors: down, for sample y of the result; across, for samples 0 and 1, and for 2 and
 * 3, in four rows each. Pairs lie side by side. */
struct halver_down {
    int16_t weight[OVERLAP_POINTS][HALVER_PAIRS][2];
};

struct halver_across {
    int16_t weight[HALVER_PAIRS][2][2][4][2];
} __attribute__((aligned(32)));

struct halver {
    uint32_t across, down; /* blocks that hold pixels */
    struct idct_phase phase_across, phase_down;
    uint8_t *bands;                      /* rows of blocks, the last few of them */
    size_t pitch;                        /* of a row of pairs, bytes */
    unsigned ring;                       /* rows of blocks that there is memory for */
    uint32_t taken;                      /* rows of blocks that went in */
    int16_t *filtered;                   /* a row of blocks, filtered down */
    unsigned inside_down;                /* rows of pixels that the last blocks hold */
    const struct halver_across *weights; /* by phase; and at the edges: */
    const struct halver_across *first, *next_to_last, *last;
    struct plane *to;
};

struct halver_options {
    uint32_t across, down;       /* blocks that hold pixels */
    uint32_t padded_across;      /* that go in */
    unsigned rows_at_once;       /* of blocks, that go in at once */
    uint32_t along_x, along_y;   /* idct.h */
    unsigned inside_x, inside_y; /* columns and rows of pixels that the last blocks hold, 1..8 */
};

/* The memory that it needs, without its plane, aligned to 32; and laying it out there. `to` is
 * placed, four samples a block. */
size_t halver_bytes(const struct halver_options *options);
void halver_begin(struct halver *halver, const struct halver_options *options, uint8_t *memory,
                  struct plane *to);

/* Takes the `rows` rows of pairs that were written at the last pointer, and returns where the next
 * ones go. To be called with 0 at first. */
uint8_t *halver_take(struct halver *halver, uint32_t rows);

/* Which of the processor's instructions the steps may use at most: all that it has, but for tests.
 * Once, before anything is halved. */
enum halver_vectors { HALVER_PLAIN, HALVER_AVX2, HALVER_VNNI };

void halver_filter_choose(enum halver_vectors most);

/* Its two steps (halver_filter.c): down, from the rows of pairs of three rows of blocks; and
 * across, into four rows of the plane. */
void halver_filter_down(const struct halver *halver, const uint8_t *const rows[HALVER_PAIRS],
                        const struct halver_down *weights);
void halver_filter_across(const struct halver *halver, uint8_t *to);

/* Where a row of blocks, filtered down, has the pairs of the block in that column: samples of (u0
 * u1), of four rows, then of (u2 u3), then of (u4 u5). Column -1 is the place before the first. */
static inline int16_t *halver_filtered(const struct halver *halver, ptrdiff_t column)
{
    return halver->filtered + (column + 1) * OVERLAP_FREQUENCIES * OVERLAP_POINTS;
}

/* The weights across of the block in that column. */
static inline const struct halver_across *halver_weights(const struct halver *halver,
                                                         uint32_t column)
{
    if (column == 0)
        return halver->first;
    if (column + 2 >= halver->across)
        return column + 2 == halver->across ? halver->next_to_last : halver->last;
    return &halver->weights[idct_phase_at(&halver->phase_across, column)];
}
