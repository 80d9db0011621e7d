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
 * The inverse DCT of a reduced picture: a block's lowest frequencies, as points x points samples.
 * Up to four frequencies a dimension in integers (idct_narrow.c), more in single precision
 * (idct_wide.c). Or the lowest frequencies themselves, for who transforms them together with their
 * neighbours' (halver.h).
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
};

/* Row * 8 + column of each coefficient in zigzag order. */
extern const uint8_t idct_natural_order[64];

typedef int16_t idct_shorts __attribute__((vector_size(16), aligned(2), may_alias));

/* Vectors of integers: coefficients v and v + 1 of column u side by side, to be multiplied and
 * added. */
struct idct_weights {
    int16_t down[4][2][8]; /* [row]: weights of v = 0, 1 and of 2, 3 */
    int16_t across[2][8];  /* of u = 0, 1 and of 2, 3 for each column */
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

enum idct_way { IDCT_NARROW, IDCT_WIDE, IDCT_PAIRS };

/* Along one dimension, in 1/65536. */
struct idct_phase {
    uint32_t first; /* of the first block */
    uint32_t step;  /* from block to block */
};

struct idct {
    enum idct_way way;
    unsigned points, frequencies;
    unsigned rows, step;    /* that a block fills; bytes from block to block in them */
    bool deep;              /* samples of 16 bits (pixels/reducer.h), else of 8 */
    unsigned last;          /* the last coefficient in zigzag order that is wanted */
    unsigned stride;        /* places of a block */
    uint8_t place[64 + 16]; /* of each coefficient in zigzag order; and behind the last */
    struct idct_phase down, across;
    union {
        struct idct_narrow narrow;
        struct idct_wide wide;
        int16_t pairs[IDCT_PAIRS_BLOCK]; /* the quantizers where coefficients lie in pairs */
    };
};

/*
 * Prepares for one component. Deep samples are still to be filtered, the others are final.
 *
 * Final ones may come to lie, from left to right and from top to bottom, up to one of the picture's
 * samples before where their blocks would have them (synthesis.h): sample i by (i + 0.5) / along of
 * one; along is 0 where they do not. Only of four points.
 */
struct idct_options {
    unsigned points;
    bool deep;
    bool pairs; /* not samples, but what a halver takes */
    uint32_t along_x, along_y;
};

void idct_prepare(struct idct *idct, const struct jpeg_component *component,
                  const struct idct_options *options);

/* Whether coefficient k, in zigzag order, counts. */
bool idct_wants(const struct idct *idct, unsigned k);

/* The phases of blocks of so many points; and that of one block, 0 to SYNTHESIS_PHASES. */
struct idct_phase idct_find_phase(unsigned points, uint32_t along);

static inline unsigned idct_phase_at(const struct idct_phase *phase, uint32_t block)
{
    uint32_t number = (phase->first + phase->step * block) >> 16;

    return number < SYNTHESIS_PHASES ? number : SYNTHESIS_PHASES;
}

/* The ways that idct_block takes. */
void idct_narrow_prepare(struct idct *idct, const struct jpeg_component *component);
void idct_narrow_block(const struct idct *idct, const int16_t *block, unsigned k, uint32_t row,
                       uint32_t column, uint8_t *to, size_t pitch);
void idct_wide_prepare(struct idct *idct, const struct jpeg_component *component);
void idct_wide_block(const struct idct *idct, const int16_t *block, unsigned k, uint8_t *to,
                     size_t pitch);

void idct_pairs_block(const struct idct *idct, const int16_t *block, uint8_t *to, size_t pitch);

/*
 * The block in that row and column of blocks to points x points samples, or three rows of pairs, at
 * `to`, rows `pitch` bytes apart. Up to 8 samples of each row, or 8 bytes too many of pairs, are
 * written, the surplus ones without meaning. k: no coefficient behind that one, in zigzag order, is
 * other than zero; 0 is the DC coefficient.
 */
static inline void idct_block(const struct idct *idct, const int16_t *block, unsigned k,
                              uint32_t row, uint32_t column, uint8_t *to, size_t pitch)
{
    if (idct->way == IDCT_NARROW)
        idct_narrow_block(idct, block, k, row, column, to, pitch);
    else if (idct->way == IDCT_PAIRS)
        idct_pairs_block(idct, block, to, pitch);
    else
        idct_wide_block(idct, block, k, to, pitch);
}
