/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

/*
 * Rec. 601 luma of encoded values, Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, the Y of JFIF),
 * in integers with weights of 16 bits, rounded to nearest: exact where R = G = B, and to the bit
 * what Pillow's convert("L") computes.
 */
enum { LUMA_RED = 19595, LUMA_GREEN = 38470, LUMA_BLUE = 7471 }; /* of 65536 */

static inline unsigned luma(unsigned red, unsigned green, unsigned blue)
{
    return (LUMA_RED * red + LUMA_GREEN * green + LUMA_BLUE * blue + 0x8000) >> 16;
}

/* A step: RGB or RGB + alpha (+ more, dropped), 8 or 16 bit, to gray or gray + alpha of the same
 * depth. Alpha passes unchanged. */
int luma_from_rgb(VipsImage **image);

/* A step: CMYK of 8 or 16 bit, 0 for no ink, without a profile, to RGB as (1 - C)(1 - K). Further
 * bands pass unchanged. */
int luma_rgb_from_cmyk(VipsImage **image);
