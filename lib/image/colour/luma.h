/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Rec. 601 luma of encoded values, Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, the Y of JFIF),
 * in integers with weights of 16 bits, rounded to nearest: exact where R = G = B, and to the bit
 * what Pillow's convert("L") computes. For values of up to 16 bits.
 */
enum { LUMA_RED = 19595, LUMA_GREEN = 38470, LUMA_BLUE = 7471 }; /* of 65536 */

static inline unsigned luma(unsigned red, unsigned green, unsigned blue)
{
    return (LUMA_RED * red + LUMA_GREEN * green + LUMA_BLUE * blue + 0x8000) >> 16;
}

/* `width` pixels of `bands` samples, the first three red, green and blue, to luma; where out_bands
 * is 2, the fourth goes with it. Any thread. */
void luma_row_8(const uint8_t *in, unsigned bands, uint8_t *out, unsigned out_bands, size_t width);
void luma_row_16(const uint16_t *in, unsigned bands, uint16_t *out, unsigned out_bands,
                 size_t width);
