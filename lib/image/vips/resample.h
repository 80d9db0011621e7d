/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/resizer.h"

#include <vips/vips.h>

/* A step: reduces to exactly size->to_width x to_height (neither larger than the image, which is
 * width x height) with lanczos3, in the encoded values, alpha-weighted where there is alpha. Bands
 * and depth stay. */
int resample(VipsImage **image, const struct resizer_size *size);
