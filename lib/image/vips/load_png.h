/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <vips/vips.h>

/*
 * A PNG as an image of libvips, by our own reader, with profile and orientation: to be read once
 * from top to bottom. Only where that would hold too much in memory, libpng reads it, which is
 * given its pixels and nothing else. 0 and *image; -1 with libvips' error buffer filled;
 * STATUS_IMAGE_CORRUPT; or -ENOMEM. `input` is borrowed for the image's life.
 */
int png_load(const uint8_t *input, size_t size, VipsImage **image);
