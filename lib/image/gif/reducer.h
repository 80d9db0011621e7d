/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/canvas.h"
#include "image/pixels/lanczos_filter.h"

/*
 * Resizes the changed parts of a canvas, frame after frame: lanczos3 on encoded values, normalised
 * at the edges, as for all images (pixels/reducer.h), but in floating point, with alpha, and with
 * weights that are computed once. Pixels less than half opaque become transparent.
 */
struct gif_reducer {
    uint32_t width, height, to_width, to_height;
    struct lanczos_filter horizontal, vertical;
    float *row;    /* a row of the canvas; owned */
    float *narrow; /* the last horizontally filtered rows; owned */
};

/* Takes the sizes of the canvas and of the result, which is neither larger nor empty. 0 or -ENOMEM;
 * the caller clears it in either case. */
int gif_reducer_begin(struct gif_reducer *reducer, uint32_t width, uint32_t height,
                      uint32_t to_width, uint32_t to_height);

/* The part of the result that depends on that area of the canvas. */
struct gif_area gif_reducer_reach(const struct gif_reducer *reducer, struct gif_area area);

/* Computes that area of the result from the canvas's pixels. `to` has to_width * to_height pixels,
 * in the canvas's format. */
void gif_reducer_area(struct gif_reducer *reducer, const uint32_t *pixels, struct gif_area area,
                      uint32_t *to);

void gif_reducer_clear(struct gif_reducer *reducer);
