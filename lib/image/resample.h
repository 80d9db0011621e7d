/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

struct resample_size {
    int width, height;         /* of the result; neither larger than the image */
    double step_x, step_y;     /* the image's pixels for each of the result, of 8 bits; a fraction
                                * more than the image has where its loader cut one off */
};

/* A step: reduces to that size exactly with lanczos3, in the encoded values, alpha-weighted where
 * there is alpha. Bands and depth stay. */
int resample(VipsImage **image, const struct resample_size *size);
