/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/idct_narrow.h"
#include "image/jpeg/idct_wide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The inverse DCT of a reduced image: a block's lowest frequencies, as points x points samples. Up
 * to four frequencies a dimension in integers (idct_narrow.c), more in single precision
 * (idct_wide.c). Or the lowest frequencies themselves, for whoever transforms them together with
 * their neighbours' (halver.h).
 */

/*
 * Prepares for one component. Deep samples are still to be filtered, the others are final.
 *
 * Final ones may come to lie, from left to right and from top to bottom, up to one of the image's
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

/* idct_block of pairs. */
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
    if (idct->kind == IDCT_NARROW)
        idct_narrow_block(idct, block, k, row, column, to, pitch);
    else if (idct->kind == IDCT_PAIRS)
        idct_pairs_block(idct, block, to, pitch);
    else
        idct_wide_block(idct, block, k, to, pitch);
}
