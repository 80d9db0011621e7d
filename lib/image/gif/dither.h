/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/canvas.h"
#include "image/gif/palette.h"
#include "image/gif/pixel.h"

/*
 * Maps pixels to a palette; neighbours make up for the difference of the colours (Floyd and
 * Steinberg 1976, rows in alternating directions). Pixels that look as in the frame before get the
 * transparent index, and so do pixels that become transparent. A colour of the palette itself is
 * not dithered.
 */
struct gif_dither {
    struct gif_palette *palette;
    uint32_t width; /* of all rows, in pixels */
    const uint32_t *wanted;
    const uint32_t *before; /* wanted in the frame before; NULL: there is none */
    uint32_t *shown;        /* by the frame before, and then by this one; NULL with it */
    uint8_t *indices;
    uint8_t transparent;
    struct gif_area area;    /* what is new */
    struct gif_area cleared; /* what is not shown any more */
    int16_t *errors;         /* gif_dither_bytes */
};

size_t gif_dither_bytes(uint32_t width);

/* Returns what got another index than the transparent one. */
struct gif_area gif_dither(const struct gif_dither *dither);
