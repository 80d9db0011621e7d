/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>

/*
 * How samples are made of a block's frequencies, in one dimension:
 *
 *     sample[x] = sum over u of matrix.weight[x][u] * coefficient[u]
 *
 * and in two, by rows and then by columns. Weights hold T.81's C(u) / 2 and whatever the number of
 * points asks for: quantized coefficients go in, samples of the usual range come out.
 */
struct jpeg_synthesis {
    unsigned points;      /* samples that a block of 8 becomes, 1..8 */
    unsigned frequencies; /* that they are made of, from the lowest, 1..8 */
    double weight[8][8];  /* 0 beyond both */
};

/* The inverse DCT of `points` points, of as many frequencies: what a filter is to reduce further.
 */
struct jpeg_synthesis synthesis_transform(unsigned points);

/*
 * What the Lanczos filter (3 lobes) would make of the full image, as far as one block's lowest
 * frequencies tell: the final samples. Of 8 points it is the inverse DCT.
 *
 * Where a size is no multiple of the step between samples, they come to lie a little before where
 * the block would have them, further from block to block. Of phase p that is (p - 0.5) /
 * SYNTHESIS_PHASES of the image's samples; of phase 0, nothing. The result lives on.
 */
enum { SYNTHESIS_PHASES = 16 };

const struct jpeg_synthesis *synthesis_reduction(unsigned points, unsigned phase);

/* The same of a block of which the image holds only the first `inside` pixels (1..8), and of the
 * last of these all but `cut` (0..1), and ends there: the coefficients are all those of the DCT of
 * so many points. Samples behind the edge are the mean. */
struct jpeg_synthesis synthesis_cut_reduction(unsigned points, unsigned phase, unsigned inside,
                                              double cut);

/* Sample x of T.81's DCT of n points: its share of frequency u, orthonormal. */
double synthesis_basis(unsigned n, unsigned x, unsigned u);

/*
 * The same to one half, and with what the blocks before and behind tell: of a row of blocks, each
 * sample is the sum of three blocks' frequencies. Of six, that is nearly all that the filter would
 * find. At an edge of the image there is no neighbour, and the filter ends there too. A block
 * that the edge cuts through has the frequencies of the DCT of as many points as it holds pixels.
 */
enum { OVERLAP_POINTS = 4, OVERLAP_FREQUENCIES = 6 };

struct overlap_pixels { /* of the image, in each of the blocks: 8, or fewer at its end */
    unsigned before;    /* 0 or 8 */
    unsigned own;       /* 1..8 */
    unsigned behind;    /* 0..8 */
};

struct overlap_weights { /* of one sample, by frequency */
    double before[OVERLAP_FREQUENCIES], own[OVERLAP_FREQUENCIES], behind[OVERLAP_FREQUENCIES];
};

void synthesis_overlap(unsigned phase, const struct overlap_pixels *pixels,
                       struct overlap_weights weights[OVERLAP_POINTS]);
