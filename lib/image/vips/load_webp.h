/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/format.h"

#include <vips/vips.h>

/* A WebP as an image of libvips, the first `frames`, one below the other, with their times as the
 * file has them, profile and orientation. 0 and *image; -1 with libvips' error buffer filled;
 * STATUS_IMAGE_CORRUPT; STATUS_IMAGE_TOO_LARGE; or -ENOMEM. `input` is borrowed for the image's
 * life. */
int webp_load(const struct image_header *header, uint32_t frames, const uint8_t *input, size_t size,
              VipsImage **image);
