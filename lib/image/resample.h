/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

/* A step: reduces to exactly width x height (neither larger than the image) with lanczos3, in the
 * encoded values, alpha-weighted where there is alpha. Bands and depth stay. */
int resample(VipsImage **image, int width, int height);
