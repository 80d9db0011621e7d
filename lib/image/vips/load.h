/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

#include <vips/vips.h>

/* Makes libvips ready to load what is left to it and no other format, without files of its own.
 * Once per process. 0 or -EIO. */
int load_start(void);

/*
 * Opens the image by the loader of its format: all frames, one below the other, to be read once
 * from top to bottom. No pixel is decoded yet. `input` is borrowed for the image's life. 0 and
 * *image; -1 with libvips' error buffer filled; STATUS_IMAGE_TOO_LARGE or STATUS_UNSUPPORTED_FORMAT
 * with `detail` (IMAGE_DETAIL_BYTES) filled.
 */
int load_image(const struct image_plan *plan, const struct image_output_plan *planned,
               struct bytes input, VipsImage **image, char *detail);

/* The factor, 1 to 8, by which libjpeg makes a JPEG smaller while it decodes. What is left of its
 * width and height is cut off at the right and at the bottom. */
int load_divisor(const struct image_plan *plan, const struct image_output_plan *planned);
