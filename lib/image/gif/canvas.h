/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/gif_blocks.h"

/*
 * What a GIF shows, frame after frame: the last frame is disposed of, and the next one is decoded
 * and drawn over what is left. As in browsers, the background is transparent, whatever colour the
 * file gives it.
 */
struct gif_area {
    uint32_t left, top, right, bottom; /* right and bottom are exclusive */
};

struct gif_canvas {
    uint32_t width, height;
    uint32_t *pixels;           /* R, G, B, A, a byte each; all 0 if transparent; owned */
    struct gif_area changed;    /* may differ from before the last frame */
    struct gif_area drawn;      /* by the last frame */
    enum gif_disposal disposal; /* of the last frame */
    uint32_t *saved;            /* the pixels under `drawn`; owned; NULL until needed */
    uint8_t *indices;           /* of one frame; owned */
    size_t capacity;            /* of indices */
};

/* A transparent canvas. 0 or -ENOMEM; the caller clears it in either case. */
int gif_canvas_begin(struct gif_canvas *canvas, uint32_t width, uint32_t height);

/* Draws the next frame. 0, STATUS_IMAGE_CORRUPT or -ENOMEM. Allocates as many pixels as the file
 * says the frame has: the caller has checked the limit. */
int gif_canvas_draw(struct gif_canvas *canvas, const struct gif_blocks *blocks,
                    const struct gif_frame *frame);

void gif_canvas_clear(struct gif_canvas *canvas);

bool gif_area_is_empty(struct gif_area area);

/* The smallest area that holds both. */
struct gif_area gif_area_union(struct gif_area a, struct gif_area b);
