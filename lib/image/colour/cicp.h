/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Code points for colours (ISO/IEC 23091-2, "CICP"), by which AVIF and HEIC say what their values
 * mean where they carry no profile.
 */
enum {
    CICP_UNSPECIFIED = 2, /* in each of the three lists */

    CICP_PRIMARIES_BT709 = 1,
    CICP_PRIMARIES_BT2020 = 9,
    CICP_PRIMARIES_DISPLAY_P3 = 12,

    CICP_TRANSFER_GAMMA_22 = 4,
    CICP_TRANSFER_GAMMA_28 = 5,
    CICP_TRANSFER_LINEAR = 8,
    CICP_TRANSFER_SRGB = 13,
    CICP_TRANSFER_PQ = 16,
    CICP_TRANSFER_HLG = 18,

    CICP_MATRIX_IDENTITY = 0,
    CICP_MATRIX_BT709 = 1,
    CICP_MATRIX_FCC = 4,
    CICP_MATRIX_BT470BG = 5,
    CICP_MATRIX_BT601 = 6,
    CICP_MATRIX_SMPTE240 = 7,
    CICP_MATRIX_YCGCO = 8,
    CICP_MATRIX_BT2020 = 9,
    CICP_MATRIX_FROM_PRIMARIES = 12,
};

/* Chromaticities of red, green, blue and white. */
struct cicp_primaries {
    double x[4], y[4];
};

/* False: not known, or not of three colours. Any thread. */
bool cicp_find_primaries(unsigned primaries, struct cicp_primaries *found);

/* The weights of red and blue in luma. False: the matrix is not made of such weights, or not known.
 * Any thread. */
bool cicp_luma_weights(unsigned matrix, unsigned primaries, double *red, double *blue);

/* Makes an ICC profile of RGB with these primaries and sRGB's curve, which the caller frees: the
 * same bytes each time. None, NULL, for sRGB's own primaries, which need none, and for unknown
 * ones. 0 or -ENOMEM. */
int cicp_profile(unsigned primaries, void **profile, size_t *size);

/* A curve from values encoded by `transfer`, 0 to 1, to those encoded by sRGB, as `count`
 * equidistant points. False: the curve is sRGB's own, or one that is shown as if it were
 * (BT.709's), or PQ or HLG, which no curve alone converts (tone.h). Any thread. */
bool cicp_to_srgb_curve(unsigned transfer, float *curve, unsigned count);

/* sRGB's transfer function (IEC 61966-2-1), 0 to 1. */
double srgb_encode(double linear);
