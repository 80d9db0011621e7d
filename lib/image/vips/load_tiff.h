/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/format.h"

#include <vips/vips.h>

/*
 * Opens a TIFF whose header was read: the first `frames`, one below the other, to be read once from
 * top to bottom. Samples of 8 and 16 bits as they are, fewer bits spread to 8; a palette and YCbCr
 * become RGB, Lab becomes libvips' of 16 bits. No alpha is premultiplied. `input` is borrowed for
 * the image's life.
 *
 * 0 and *image; -1 with libvips' error buffer filled; STATUS_IMAGE_CORRUPT; STATUS_IMAGE_TOO_LARGE:
 * more scans of JPEG than that in a strip or tile; -ENOMEM.
 */
int tiff_load(const struct image_header *header, uint32_t frames, const uint8_t *input, size_t size,
              unsigned max_scans, VipsImage **image);
