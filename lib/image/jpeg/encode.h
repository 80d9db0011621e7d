/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/raster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Planes to a JPEG, through libjpeg: no colour conversion and no subsampling, both were never
 * undone.
 */
struct jpeg_encoding {
    int quality;                /* 1..100; 0: `quantizers` instead */
    const unsigned *quantizers; /* 64 of them, row by row, for all components */
    bool progressive;
    uint8_t density_unit;
    uint16_t density_x, density_y; /* 0: none */
    const uint8_t *profile;        /* ICC; NULL: none */
    size_t profile_size;
};

/* The codec handle lives from start to stop. 0 or -ENOMEM. */
int jpeg_encode_start(void);
void jpeg_encode_stop(void);

/*
 * Encodes a raster of full range without alpha. Samples behind each row are overwritten
 * (PLANE_MARGIN). 0 and *size; STATUS_IMAGE_TOO_LARGE: more than `capacity` bytes; -ENOMEM;
 * -ENOTSUP: libjpeg does not want it.
 */
int jpeg_encode(const struct jpeg_encoding *encoding, const struct raster *raster, uint8_t *output,
                size_t capacity, size_t *size);
