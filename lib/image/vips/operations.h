/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/plan.h"

#include <vips/vips.h>

/*
 * Operations of a plan that libvips' own do, each a step (vips/image.h) on one frame. They may hold
 * the frame in memory: what comes before them has cropped and resized it.
 */

/* Once, before the sandbox closes and after libvips was started. 0 or -EIO. */
int operations_start(void);

/* Holds the pixels in memory, for what reads them in another order than they come in. */
int hold_in_memory(VipsImage **image);

int crop_step(VipsImage **image, const struct image_box *box);

/* Turns as the EXIF orientation `turn` (1..8) asks. */
int turn_step(VipsImage **image, unsigned turn);

/* Finds the part of that size that draws most attention (libvips' strategy), and crops to it. */
int smart_crop_step(VipsImage **image, struct image_size size, struct image_box *found);

/* Lays the image on a canvas of 0xRRGGBBAA, which adds alpha where `keeps_alpha`, and AA is not ff.
 * Gray becomes RGB under a colour.
 * Or on one that continues the image, as operation->extend says. */
int pad_step(VipsImage **image, const struct image_operation *operation, bool keeps_alpha);

/* Every pixel `times` times, each way. */
int repeat_step(VipsImage **image, uint32_t times);

/* A Gaussian, the image's edges extended, weighted by alpha. */
int blur_step(VipsImage **image, double sigma);

int sharpen_step(VipsImage **image, double sigma);

/* Replaces transparency by 0xRRGGBBAA's colour; without alpha nothing happens. */
int flatten_step(VipsImage **image, uint32_t colour);
