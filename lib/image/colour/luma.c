/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/colour/luma.h"

/* Rows of pixels: the loops are made for RGB and RGB + alpha, which all but the odd image are. */
#include "image/core/multiversion.h"

static _inline_ void row_8(const uint8_t *restrict in, unsigned bands, uint8_t *restrict out,
                           unsigned out_bands, size_t width)
{
    for (size_t x = 0; x < width; x++) {
        out[x * out_bands] = (uint8_t)luma(in[x * bands], in[x * bands + 1], in[x * bands + 2]);
        if (out_bands == 2)
            out[x * out_bands + 1] = in[x * bands + 3];
    }
}

_multiversion_ void luma_row_8(const uint8_t *in, unsigned bands, uint8_t *out, unsigned out_bands,
                               size_t width)
{
    if (bands == 3 && out_bands == 1)
        row_8(in, 3, out, 1, width);
    else if (bands == 4 && out_bands == 2)
        row_8(in, 4, out, 2, width);
    else
        row_8(in, bands, out, out_bands, width);
}

void luma_row_16(const uint16_t *in, unsigned bands, uint16_t *out, unsigned out_bands,
                 size_t width)
{
    for (size_t x = 0; x < width; x++, in += bands) {
        *out++ = (uint16_t)luma(in[0], in[1], in[2]);
        if (out_bands == 2)
            *out++ = in[3];
    }
}
