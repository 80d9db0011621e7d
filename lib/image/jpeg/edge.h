/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/idct_common.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The last blocks of each row and column, where the image ends inside them. Behind its edge a
 * block may hold anything: what an encoder thought fit, or what a lossless crop cut off. A
 * transform that reduces the block would mix that into what is to be seen, so these few blocks are
 * transformed in full, and made from their pixels alone into what the component's other blocks
 * become:
 *
 *     deep samples     as many as there are pixels, which the reducer knows for its tail
 *     final samples    by weights of the pixels that there are (synthesis_cut_reduction)
 *     pairs            coefficients of a DCT of as many points (halver.h)
 *
 * Transforms of eight points keep pixels apart, and need none of this.
 */
enum { EDGE_BLOCK = 72 }; /* places of a block: by row and column of frequencies; surplus ones */

/* What the pixels of a block become along one dimension: of[pixel][sample]; 0 where there are none.
 */
struct edge_weights {
    idct_row of[8];
};

struct edge_side {
    uint32_t blocks; /* that hold pixels */
    uint32_t first;  /* from this one on there is something behind the edge; blocks: nowhere */
    unsigned inside; /* pixels of the last one, 1..8 */
    struct idct_phase phase;
    struct edge_weights whole[SYNTHESIS_PHASES + 1]; /* by phase */
    struct edge_weights last;
};

struct jpeg_edges {
    bool any; /* false: nothing else counts */
    struct edge_side horizontal, vertical;
    unsigned rows; /* of samples or pairs in a whole block */
    bool deep, pairs;
    float middle; /* what is added to each sample */
    idct_row quantizer[8];
    uint8_t place[64 + 16]; /* of each coefficient in zigzag order; and behind the last */
};

/* A component's size along one dimension. Where it is sampled more sparsely than the image, half
 * of its last pixel, or so, may lie behind the image's edge. */
struct edge_length {
    uint32_t pixels;
    double cut; /* what does, of that one, 0..1 */
};

/* Of that many pixels in blocks, those in the last one. */
static inline unsigned edge_inside(uint32_t pixels)
{
    return (pixels - 1) % 8 + 1;
}

/* Whether the image ends inside the last block. */
static inline bool edge_is_inside(const struct edge_length *length)
{
    return length->pixels % 8 != 0 || length->cut > 0;
}

/* Prepares for a component of that size whose other blocks are transformed by `idct`. */
void jpeg_edges_prepare(struct jpeg_edges *edges, const struct idct *idct,
                        const struct jpeg_component *component,
                        const struct edge_length *horizontal, const struct edge_length *vertical);

/* The first block of that row that the edge cuts through, or that lies behind it; none: UINT32_MAX.
 */
static inline uint32_t jpeg_edges_from(const struct jpeg_edges *edges, uint32_t row)
{
    if (!edges->any)
        return UINT32_MAX;
    return row >= edges->vertical.first ? 0 : edges->horizontal.first;
}

/* Whether it holds any pixel; those that do not are left out. */
static inline bool jpeg_edges_hold(const struct jpeg_edges *edges, uint32_t row, uint32_t column)
{
    return row < edges->vertical.blocks && column < edges->horizontal.blocks;
}

/* Such a block, of EDGE_BLOCK places, to where idct_block would have put it. Up to eight samples of
 * each of up to eight rows are written. */
void jpeg_edges_block(const struct jpeg_edges *edges, const int16_t *block, uint32_t row,
                      uint32_t column, uint8_t *to, size_t pitch);
