/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/idct_common.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which blocks of a component are decoded, and the first and last ones of each row and column,
 * where the image, or the part of it that is wanted, begins or ends inside them. Outside the image
 * a block may hold anything: an encoder's padding, or what a lossless crop cut off. An inverse DCT
 * to fewer points would mix that into visible samples. So these few blocks are decoded in full, and
 * only their pixels inside become what the component's other blocks become:
 *
 *     deep samples     one for each pixel; the reducer treats them as its first or last ones
 *     final samples    by weights for the pixels inside (synthesis_cut_reduction)
 *     pairs            coefficients of a DCT with as many points as pixels (halver.h)
 *
 * With eight points each pixel has its own sample, and none of this is needed at the end. Only deep
 * samples may begin inside a block.
 */
enum { EDGE_BLOCK = 72 }; /* coefficients of a block in natural order, and room for those beyond */

/* The weight of each pixel of a block in each sample, in one dimension: of[pixel][sample]; 0
 * outside the image. */
struct edge_weights {
    idct_row of[8];
};

/* The blocks that are decoded, in one dimension. If the component has fewer samples than the image,
 * parts of the first and the last pixel may lie outside. */
struct jpeg_span {
    uint32_t begin, end; /* blocks, counted from the image's edge */
    unsigned head; /* pixels of the first block that are inside, 1..8: it is decoded by pixels;
                    * 0: it is like any other */
    unsigned tail; /* the same of the last one */
    double cut_head, cut_tail; /* the parts of the outermost pixels that are outside, 0..1 */
};

struct edge_side {
    uint32_t begin, end; /* blocks, of the span */
    uint32_t from, to;   /* of them, those that are wholly inside, or decoded as if */
    unsigned first_inside, last_inside; /* pixels inside the blocks before and behind these */
    struct idct_phase phase;
    struct edge_weights whole[SYNTHESIS_PHASES + 1]; /* by phase */
    struct edge_weights first, last;
};

struct jpeg_edges {
    bool any; /* false: all blocks are decoded alike, and the other members are not set */
    struct edge_side horizontal, vertical;
    unsigned rows; /* of samples or pairs in a whole block */
    bool deep, pairs;
    float middle; /* added to each sample */
    idct_row quantizer[8];
    uint8_t place[64 + 16]; /* of each coefficient in zigzag order, and beyond the last */
};

/* The number of pixels in the last of the blocks that so many pixels fill. */
static inline unsigned edge_inside(uint32_t pixels)
{
    return (pixels - 1) % 8 + 1;
}

/* All of a component of so many pixels, of whose last one the part `cut` lies outside. */
struct jpeg_span jpeg_span_all(uint32_t pixels, double cut);

/* The pixels inside the first block where it is decoded by pixels, else 0. */
unsigned jpeg_span_first(const struct jpeg_span *span);

/* For a component of which these blocks are decoded, those inside by `idct`. */
void jpeg_edges_prepare(struct jpeg_edges *edges, const struct idct *idct,
                        const struct jpeg_component *component, const struct jpeg_span *horizontal,
                        const struct jpeg_span *vertical);

/* The columns of a row of blocks that idct_block decodes; jpeg_edges_block decodes those before and
 * behind them that jpeg_edges_hold. */
struct edge_columns {
    uint32_t from, to;
};

static inline struct edge_columns jpeg_edges_whole(const struct jpeg_edges *edges, uint32_t row)
{
    if (!edges->any)
        return (struct edge_columns){0, UINT32_MAX};
    if (row < edges->vertical.from || row >= edges->vertical.to)
        return (struct edge_columns){edges->horizontal.from, edges->horizontal.from};
    return (struct edge_columns){edges->horizontal.from, edges->horizontal.to};
}

/* Whether the block is decoded. */
static inline bool jpeg_edges_hold(const struct jpeg_edges *edges, uint32_t row, uint32_t column)
{
    return row >= edges->vertical.begin && row < edges->vertical.end &&
           column >= edges->horizontal.begin && column < edges->horizontal.end;
}

/* The rows that a decoded row of blocks fills, of samples or pairs. */
unsigned jpeg_edges_rows(const struct jpeg_edges *edges, uint32_t row);

/* Decodes such a block, of EDGE_BLOCK coefficients, to where idct_block would write. Writes at most
 * eight rows of eight samples. */
void jpeg_edges_block(const struct jpeg_edges *edges, const int16_t *block, uint32_t row,
                      uint32_t column, uint8_t *to, size_t pitch);
