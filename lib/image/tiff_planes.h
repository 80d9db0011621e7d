/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/format.h"

#include <vips/vips.h>

/*
 * Loads a TIFF whose samples lie in planes of their own where libvips cannot: in tiles it refuses them,
 * of gray with alpha it mixes up the rows. All pages, one below the other, in memory. Samples are of 8
 * or 16 bits, gray, RGB or CMYK, with or without alpha.
 *
 * 0 and *image; -1 with libvips' error buffer filled; STATUS_UNSUPPORTED_FORMAT; -ENOMEM.
 */
int tiff_planes_load(const struct image_header *header, const uint8_t *input, size_t size,
                     VipsImage **image);
