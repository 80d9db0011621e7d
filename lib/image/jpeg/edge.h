/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/idct_common.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The last block of each row and column, where the image ends inside it. Outside the image a block
 * may hold anything: an encoder's padding, or what a lossless crop cut off. An inverse DCT to fewer
 * points would mix that into visible samples. So these few blocks are decoded in full, and only
 * their pixels inside the image become what the component's other blocks become:
 *
 *     deep samples     one for each pixel; the reducer treats them as its last ones
 *     final samples    by weights for the pixels inside (synthesis_cut_reduction)
 *     pairs            coefficients of a DCT with as many points as pixels (halver.h)
 *
 * With eight points each pixel has its own sample, and none of this is needed.
 */
enum { EDGE_BLOCK = 72 }; /* coefficients of a block in natural order, and room for those beyond */

/* The weight of each pixel of a block in each sample, in one dimension: of[pixel][sample]; 0
 * outside the image. */
struct edge_weights {
    idct_row of[8];
};

struct edge_side {
    uint32_t blocks; /* with pixels */
    uint32_t first;  /* first block that reaches outside the image; `blocks` if none does */
    unsigned inside; /* pixels in the last block, 1..8 */
    struct idct_phase phase;
    struct edge_weights whole[SYNTHESIS_PHASES + 1]; /* by phase */
    struct edge_weights last;
};

struct jpeg_edges {
    bool any; /* false: the other members are not set */
    struct edge_side horizontal, vertical;
    unsigned rows; /* of samples or pairs in a whole block */
    bool deep, pairs;
    float middle; /* added to each sample */
    idct_row quantizer[8];
    uint8_t place[64 + 16]; /* of each coefficient in zigzag order, and beyond the last */
};

/* A component's size in one dimension. If it has fewer samples than the image, part of its last
 * pixel may lie outside the image. */
struct edge_length {
    uint32_t pixels;
    double cut; /* that part, 0..1 */
};

/* The number of pixels in the last block. */
static inline unsigned edge_inside(uint32_t pixels)
{
    return (pixels - 1) % 8 + 1;
}

/* Whether the image ends inside the last block. */
static inline bool edge_is_inside(const struct edge_length *length)
{
    return length->pixels % 8 != 0 || length->cut > 0;
}

/* For a component of that size whose other blocks are decoded by `idct`. */
void jpeg_edges_prepare(struct jpeg_edges *edges, const struct idct *idct,
                        const struct jpeg_component *component,
                        const struct edge_length *horizontal, const struct edge_length *vertical);

/* The first block of the row that reaches outside the image; UINT32_MAX: none does. */
static inline uint32_t jpeg_edges_from(const struct jpeg_edges *edges, uint32_t row)
{
    if (!edges->any)
        return UINT32_MAX;
    return row >= edges->vertical.first ? 0 : edges->horizontal.first;
}

/* Whether the block holds any pixel. Blocks without one are left out. */
static inline bool jpeg_edges_hold(const struct jpeg_edges *edges, uint32_t row, uint32_t column)
{
    return row < edges->vertical.blocks && column < edges->horizontal.blocks;
}

/* Decodes such a block, of EDGE_BLOCK coefficients, to where idct_block would write. Writes at most
 * eight rows of eight samples. */
void jpeg_edges_block(const struct jpeg_edges *edges, const int16_t *block, uint32_t row,
                      uint32_t column, uint8_t *to, size_t pitch);
