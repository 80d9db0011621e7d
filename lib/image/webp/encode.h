/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/raster.h"
#include "image/plan/result.h"

#include <stdbool.h>

/*
 * Encodes samples of 8 bits as a still WebP in the memory of an image_output. Lossless keeps every
 * value, that of invisible pixels too unless a filter made them. Gray goes to the luma plane
 * directly.
 */
struct webp_format {
    int width, height;
    int bands; /* 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha */
    bool lossless;
    int quality;     /* 1..100; lossy */
    int effort;      /* 1..10: CPU time against size; 0: as it pays */
    bool photograph; /* lossless: pixels that do not pack well, whatever is spent on it */
    bool reduced;    /* lossless: not the source's own pixels, but filtered ones */
};

/* `samples` are width * bands bytes a row, without gaps. 0, STATUS_IMAGE_TOO_LARGE, -ENOMEM, or
 * -EINVAL if libwebp cannot hold the image. */
int webp_encode(const struct webp_format *format, const uint8_t *samples,
                struct image_output *output);

/* The same for a lossy image that is already planes of colour at 4:2:0 and video range, with or
 * without alpha; what is invisible in them may be overwritten. Of `format` only quality and
 * effort are looked at. */
int webp_encode_raster(const struct webp_format *format, const struct raster *raster,
                       struct image_output *output);

/* The same for a lossless image whose pixels are words of alpha, red, green and blue, width of them
 * a row; borrowed; invisible pixels may be overwritten. format->bands is ignored. */
int webp_encode_argb(const struct webp_format *format, uint32_t *pixels,
                     struct image_output *output);

/* Sets the profile of the WebP file in *output; the same results. */
int webp_set_profile(const void *profile, size_t size, struct image_output *output);

/* The same with any chunk that a file has once, such as "EXIF", wherever it belongs. */
int webp_set_chunk(const char *name, const void *data, size_t size, struct image_output *output);
