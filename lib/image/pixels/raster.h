/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/plane.h"

#include <stdbool.h>

/*
 * An image's samples between a decoder and an encoder of any format: planes of 8 bits, of luma and,
 * where it has colour, of chroma at the same or a smaller size (Rec. 601: Y, Cb, Cr), and of alpha.
 * The planes are borrowed.
 */
enum { RASTER_LUMA, RASTER_CB, RASTER_CR, RASTER_ALPHA, RASTER_PLANES };

struct raster {
    uint32_t width, height; /* of the image, and of the planes of luma and alpha */
    bool colour;            /* there are planes of Cb and Cr */
    bool alpha;
    bool video_range; /* samples are 16..235 (WebP); else 0..255 (JPEG) */
    unsigned h, v;    /* chroma has so many times fewer columns and rows, rounded up */
    struct plane planes[RASTER_PLANES];
};

/* In place: samples of 0..255 to those of video range, alpha's aside. */
void raster_to_video_range(struct raster *raster);
