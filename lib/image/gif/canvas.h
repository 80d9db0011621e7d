/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/gif_blocks.h"

/*
 * What a GIF shows, frame after frame: each frame is decoded and laid over what is left of the one
 * before, whose disposal is done first. Pixels that no frame has drawn are transparent, and so is
 * the background, whatever colour the file gives it: as in browsers.
 */
struct gif_area {
    uint32_t left, top, right, bottom; /* right and bottom are exclusive; empty unless above */
};

struct gif_canvas {
    uint32_t width, height;
    uint32_t *pixels;           /* R, G, B, A, a byte each; all 0 if transparent; owned */
    struct gif_area changed;    /* may differ from what it was before the last frame */
    struct gif_area drawn;      /* by the last frame */
    enum gif_disposal disposal; /* of the last frame */
    uint32_t *saved;            /* what was in `drawn` before; owned; NULL until it is needed */
    uint8_t *indices;           /* of one frame; owned */
    size_t capacity;            /* of indices */
};

/* An empty one. 0 or -ENOMEM. To be cleared in either case. */
int gif_canvas_begin(struct gif_canvas *canvas, uint32_t width, uint32_t height);

/* Draws the next frame. 0, STATUS_IMAGE_CORRUPT or -ENOMEM. Allocates as many pixels as the file
 * says that the frame has: the caller has checked that they are not too many. */
int gif_canvas_draw(struct gif_canvas *canvas, const struct gif_blocks *blocks,
                    const struct gif_frame *frame);

void gif_canvas_clear(struct gif_canvas *canvas);

bool gif_area_is_empty(struct gif_area area);

/* The smallest that holds both. */
struct gif_area gif_area_union(struct gif_area a, struct gif_area b);
