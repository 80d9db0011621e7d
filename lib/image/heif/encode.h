/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/raster.h"
#include "image/plan/result.h"

#include <stdbool.h>

/*
 * Pixels to an AVIF, by libaom in the caller's thread: full range; BT.601, or RGB itself if nothing
 * may be lost; gray in one plane; alpha without loss of its own kind, at the same quality.
 */
struct avif_format {
    uint32_t width, height;
    unsigned bands;      /* 1 to 4: gray or RGB, and alpha */
    unsigned bits;       /* of the samples given: 8, or 16 in the machine's order */
    unsigned coded_bits; /* 8, 10 or 12: to which they are rounded */
    bool lossless;       /* what coded_bits can hold */
    bool full_chroma;    /* 4:4:4 rather than 4:2:0 */
    int quality;         /* 1..100, of lossy results */
    int effort;          /* 0..9: CPU time against size */
    const void *profile; /* ICC; NULL: sRGB */
    size_t profile_size;
};

/* Encodes `samples`, interleaved, without gaps. 0; STATUS_IMAGE_TOO_LARGE past the capacity;
 * -ENOMEM; -EIO: libaom could not. */
int avif_encode(const struct avif_format *format, const void *samples, struct image_output *output);

/* The same for a lossy image that is already planes of 8 bits and full range: gray, or colour at
 * 4:4:4 or 4:2:0. Of `format` only quality, effort and profile are looked at. */
int avif_encode_raster(const struct avif_format *format, const struct raster *raster,
                       struct image_output *output);
