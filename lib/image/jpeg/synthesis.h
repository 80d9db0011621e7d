/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>

/*
 * Weights that make samples of a block's frequencies, in one dimension:
 *
 *     sample[x] = sum over u of matrix.weight[x][u] * coefficient[u]
 *
 * and in two, by rows and then by columns. Weights include T.81's C(u) / 2 and the scale for the
 * number of points: dequantized coefficients go in, samples of the usual range come out.
 */
struct jpeg_synthesis {
    unsigned points;      /* samples per block, 1..8 */
    unsigned frequencies; /* used, from the lowest, 1..8 */
    double weight[8][8];  /* 0 beyond points and frequencies */
};

/* The inverse DCT of `points` points, from as many frequencies, for a filter that resizes further.
 */
struct jpeg_synthesis synthesis_transform(unsigned points);

/*
 * The best estimate, from one block's lowest frequencies, of the samples that the Lanczos filter (3
 * lobes) would make of the full image. With 8 points it is the inverse DCT.
 *
 * If the size is not a multiple of the step between samples, the samples lie a little before their
 * places in the block, and further before from block to block: by (phase - 0.5) / SYNTHESIS_PHASES
 * of the image's samples, and not at all in phase 0. The result is static.
 */
enum { SYNTHESIS_PHASES = 16 };

const struct jpeg_synthesis *synthesis_reduction(unsigned points, unsigned phase);

/* The same for a block where the image ends: only its first `inside` pixels (1..8) belong to the
 * image, the last of them without the part `cut` (0..1). The coefficients are all of a DCT of
 * `inside` points. Samples outside the image are the mean. */
struct jpeg_synthesis synthesis_cut_reduction(unsigned points, unsigned phase, unsigned inside,
                                              double cut);

/* The value of the orthonormal DCT's basis function u of n points at sample x. */
double synthesis_basis(unsigned n, unsigned x, unsigned u);

/*
 * The estimate for one half, from the block and its neighbours before and behind: each sample is a
 * sum over three blocks' frequencies. Six of each block give nearly what the filter would find. At
 * an edge of the image there is no neighbour, and the filter ends as well. A block that reaches
 * outside the image has the frequencies of a DCT with as many points as it has pixels.
 */
enum { OVERLAP_POINTS = 4, OVERLAP_FREQUENCIES = 6 };

struct overlap_pixels { /* pixels of the image in each block */
    unsigned before;    /* 0 or 8 */
    unsigned own;       /* 1..8 */
    unsigned behind;    /* 0..8 */
};

struct overlap_weights { /* of one sample, by frequency */
    double before[OVERLAP_FREQUENCIES], own[OVERLAP_FREQUENCIES], behind[OVERLAP_FREQUENCIES];
};

void synthesis_overlap(unsigned phase, const struct overlap_pixels *pixels,
                       struct overlap_weights weights[OVERLAP_POINTS]);
