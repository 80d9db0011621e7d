/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg_markers.h"
#include "image/reducer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The inverse DCT of fewer points: a block's lowest `points` x `points` frequencies, as that many
 * samples (the DCT of N points of a reduced block is, scaled, the low part of that of 8 points). In
 * single precision, a row of four or eight samples at once.
 *
 * Coefficients lie in IDCT_BLOCK places, row by row, eight to a row; those that are not wanted all go
 * to one place that counts for nothing.
 */
enum { IDCT_BLOCK = 64 };

/* Row * 8 + column of each coefficient in zigzag order. */
extern const uint8_t idct_natural_order[64];

typedef float idct_row __attribute__((vector_size(32), may_alias));
typedef float idct_half __attribute__((vector_size(16), may_alias));

struct idct {
    idct_row columns[8];       /* columns[u][x]: frequency u at sample x; 0 for x >= points */
    idct_row quantizer[8];     /* by row of frequencies; 0 where it is not wanted */
    float basis[8][8];         /* basis[x][u] */
    float middle;              /* what is added to each sample */
    unsigned points;
    bool deep;                 /* samples of 16 bits (reducer.h), else of 8 */
    unsigned last;             /* the last coefficient in zigzag order that is wanted */
    uint8_t place[64 + 16];    /* of each coefficient in zigzag order; and behind the last */
};

/* Prepares for one component; 1 <= points <= 8. */
void idct_prepare(struct idct *idct, const struct jpeg_component *component, unsigned points,
                  bool deep);

/*
 * One block to points x points samples at `to`, rows `pitch` bytes apart; 8 samples of each of these
 * rows are written, the surplus ones without meaning. k: no coefficient behind that one, in zigzag
 * order, is other than zero; 0 is the DC coefficient.
 */
void idct_block(const struct idct *idct, const int16_t *block, unsigned k, uint8_t *to,
                size_t pitch);
