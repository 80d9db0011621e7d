/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <vips/vips.h>

/*
 * A PNG as an image of libvips, read by our own reader, with profile and orientation: to be read
 * once from top to bottom. Falls back to libpng, which gets the pixels and nothing else, if the
 * rows would take too much memory. 0 and *image; -1 with libvips' error buffer filled;
 * STATUS_IMAGE_CORRUPT; or -ENOMEM. `input` is borrowed for the image's life.
 */
int png_load(const uint8_t *input, size_t size, VipsImage **image);
