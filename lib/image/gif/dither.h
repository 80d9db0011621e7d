/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/canvas.h"
#include "image/gif/palette.h"
#include "image/gif/pixel.h"

/*
 * Maps pixels to a palette, and spreads the error of each to its neighbours (Floyd and Steinberg
 * 1976, rows in alternating directions). Pixels that do not change from the frame before, or become
 * transparent, get the transparent index. A colour of the palette itself is not dithered.
 */
struct gif_dither {
    struct gif_palette *palette;
    uint32_t width; /* of all rows, in pixels */
    const uint32_t *wanted;
    const uint32_t *before; /* `wanted` of the frame before; NULL: none */
    uint32_t *shown;        /* by the frame before; updated; NULL if `before` is */
    uint8_t *indices;
    uint8_t transparent;
    struct gif_area area;    /* to map */
    struct gif_area cleared; /* disposed of: shows nothing now */
    int16_t *errors;         /* of gif_dither_bytes */
};

size_t gif_dither_bytes(uint32_t width);

/* Returns the area of the pixels that got a colour. */
struct gif_area gif_dither(const struct gif_dither *dither);
