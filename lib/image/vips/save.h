/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/plan.h"
#include "image/plan/result.h"
#include "image/vips/memory.h"

#include <vips/vips.h>

/*
 * The end of a libvips pipeline: pixels to a file of the source's format, in the memory of the
 * reply. Pixels are computed while they are written, so a damaged source is noticed here.
 */
struct save_options {
    const struct image_header *header; /* of the source */
    const struct image_output_plan *planned;
    int quality;         /* of lossy results, 1..100 */
    size_t source_bytes; /* of its file */
    bool reduced;        /* the pixels are filtered ones */
    int bits;            /* per sample of a gray PNG or TIFF: 1, 2, 4; 0: as many as pixels have */
};

/* A step, the last one: what the format cannot hold becomes what it can: inks and Lab become sRGB,
 * 16 bits 8, and further bands are dropped. */
int save_prepare(VipsImage **image, const struct image_output_plan *planned,
                 const struct image_header *source);

/* Writes `image`, whose only metadata are the ICC profile to embed and what animations need.
 * 0; -1 with libvips' error buffer filled; STATUS_IMAGE_TOO_LARGE past the capacity; -ENOMEM; -EIO:
 * an encoder of ours could not, whatever the source is. */
int save_image(VipsImage *image, const struct save_options *options, struct image_output *output);

/* Takes a row of an image. */
typedef void save_row(void *argument, const void *row);

/* Hands `count` rows from `top` on to `take`, as libvips computes them: some at a time. 0 or -1. */
int save_rows(VipsImage *image, int top, int count, save_row *take, void *argument);

/* The savers of each format, called by save_image: the same, or `memory` says that it overflowed.
 */
int save_jpeg(VipsImage *image, const struct save_options *options, struct memory_target *memory);
int save_png(VipsImage *image, const struct save_options *options, struct memory_target *memory);
int save_webp(VipsImage *image, const struct save_options *options, struct memory_target *memory);
int save_tiff(VipsImage *image, const struct save_options *options, struct memory_target *memory);
int save_gif(VipsImage *image, const struct save_options *options, struct memory_target *memory);
int save_avif(VipsImage *image, const struct save_options *options, struct memory_target *memory);
