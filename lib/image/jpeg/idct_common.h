/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"
#include "image/jpeg/synthesis.h"
#include "image/pixels/reducer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the transforms of idct.h have in common: which of a block's coefficients they want, where
 * these lie, and what samples come out.
 *
 * A block's coefficients lie where idct.place says, in idct.stride of IDCT_BLOCK places; those that
 * are not wanted all go to one place that counts for nothing.
 */
enum { IDCT_BLOCK = 64 };

/* Of pairs: places of a block; rows that it fills; and from block to block in them, shorts. */
enum {
    IDCT_PAIRS_BLOCK = 32,
    IDCT_PAIRS_ROWS = OVERLAP_FREQUENCIES / 2,
    IDCT_PAIRS_STEP = 2 * OVERLAP_FREQUENCIES,
    IDCT_PAIRS_SUM_MAX = 7, /* of v and u: what is high in both directions is left out */
};

/* Row * 8 + column of each coefficient in zigzag order. */
extern const uint8_t idct_natural_order[64];

typedef int16_t idct_shorts __attribute__((vector_size(16), aligned(2), may_alias));

/* Vectors of integers: coefficients v and v + 1 of column u side by side, to be multiplied and
 * added. */
struct idct_weights {
    int16_t vertical[4][2][8]; /* [row]: weights of v = 0, 1 and of 2, 3 */
    int16_t horizontal[2][8];  /* of u = 0, 1 and of 2, 3 for each column */
} __attribute__((aligned(16)));

struct idct_narrow {
    int16_t quantizer[2][8] __attribute__((aligned(16)));
    struct idct_weights weights[SYNTHESIS_PHASES + 1]; /* by phase */
};

typedef float idct_row __attribute__((vector_size(32), may_alias));
typedef float idct_half __attribute__((vector_size(16), may_alias));

/* Coefficients row by row, eight to a row. */
struct idct_wide {
    idct_row columns[8];   /* columns[u][x]: frequency u at sample x; 0 for x >= points */
    idct_row quantizer[8]; /* by row of frequencies; 0 where it is not wanted */
    float basis[8][8];     /* basis[x][u] */
    float middle;          /* what is added to each sample */
};

enum idct_kind { IDCT_NARROW, IDCT_WIDE, IDCT_PAIRS };

/* Along one dimension, in 1/65536. */
struct idct_phase {
    uint32_t first; /* of the first block */
    uint32_t step;  /* from block to block */
};

struct idct {
    enum idct_kind kind;
    unsigned points, frequencies;
    unsigned rows, step;    /* that a block fills; bytes from block to block in them */
    bool deep;              /* samples of 16 bits (pixels/reducer.h), else of 8 */
    unsigned last;          /* the last coefficient in zigzag order that is wanted */
    unsigned stride;        /* places of a block */
    uint8_t place[64 + 16]; /* of each coefficient in zigzag order; and behind the last */
    struct idct_phase vertical, horizontal;
    union {
        struct idct_narrow narrow;
        struct idct_wide wide;
        int16_t pairs[IDCT_PAIRS_BLOCK]; /* the quantizers where coefficients lie in pairs */
    };
};

/* Whether coefficient k, in zigzag order, counts. */
bool idct_wants(const struct idct *idct, unsigned k);

/* The phases of blocks of so many points; and that of one block, 0 to SYNTHESIS_PHASES. */
struct idct_phase idct_find_phase(unsigned points, uint32_t along);

static inline unsigned idct_phase_at(const struct idct_phase *phase, uint32_t block)
{
    uint32_t number = (phase->first + phase->step * block) >> 16;

    return number < SYNTHESIS_PHASES ? number : SYNTHESIS_PHASES;
}
