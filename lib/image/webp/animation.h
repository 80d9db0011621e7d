/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/webp/encode.h"

/*
 * Frames of one size to an animated WebP in the memory of an image_output, each shown for its own
 * time: none is merged with another, and no time is rounded. Of a frame only what differs from the
 * one before is stored.
 */
struct webp_animation {
    struct webp_format format; /* of a whole frame */
    struct image_output *output;
    uint8_t *before; /* samples of the last frame; owned */
    uint8_t *piece;  /* of a part of a frame; owned */
};

/* Writes the beginning. `loop` is how often it is shown, 0 for ever. 0, STATUS_IMAGE_TOO_LARGE or
 * -ENOMEM. To be cleared in any case. */
int webp_animation_begin(struct webp_animation *animation, const struct webp_format *format,
                         unsigned loop, struct image_output *output);

/* The next frame, of format->width * height * bands samples, and its time in milliseconds. As
 * webp_encode. */
int webp_animation_add(struct webp_animation *animation, const uint8_t *samples, unsigned delay);

/* Once all are in: the file is whole. */
void webp_animation_end(struct webp_animation *animation);

void webp_animation_clear(struct webp_animation *animation);
