/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/resizer.h"

#include <stdbool.h>
#include <vips/vips.h>

/* A step: resizes an image of 8 or 16 bits, or of Lab, to exactly
 * size->to_width x to_height (the image is width x height) with
 * lanczos3, in the encoded values, weighted by alpha if it has any. Bands, at most
 * RESIZER_BANDS_MAX, and depth stay. `linear`: in linear light, by sRGB's
 * curve. */
int resize_image(VipsImage **image, const struct resizer_size *size, bool linear);
