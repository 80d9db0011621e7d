/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/canvas.h"
#include "image/pixels/lanczos_filter.h"

/*
 * Resizes any part of a canvas, as often as it changes: lanczos3 on encoded values, normalised at
 * the edges, as for all images (pixels/reducer.h), but in floating point and with alpha, and with
 * weights that are computed once. Pixels that are less than half opaque become transparent.
 */
struct gif_reducer {
    uint32_t width, height, to_width, to_height;
    struct lanczos_filter horizontal, vertical;
    float *row;    /* a row of the canvas; owned */
    float *narrow; /* rows that are filtered horizontally and still needed; owned */
};

/* The sizes of the canvas and of the result, which is no larger and not 0. 0 or -ENOMEM; to be
 * cleared in either case. */
int gif_reducer_begin(struct gif_reducer *reducer, uint32_t width, uint32_t height,
                      uint32_t to_width, uint32_t to_height);

/* The part of the result that depends on that area of the canvas. */
struct gif_area gif_reducer_reach(const struct gif_reducer *reducer, struct gif_area area);

/* Computes that area of the result from the canvas's pixels, into `to`, to_width * to_height pixels
 * of R, G, B, A as a canvas has them. */
void gif_reducer_area(struct gif_reducer *reducer, const uint32_t *pixels, struct gif_area area,
                      uint32_t *to);

void gif_reducer_clear(struct gif_reducer *reducer);
