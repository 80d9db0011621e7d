/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <vips/vips.h>

/* A step, before any other: a profile that does not fit the pixels (colour/profile.h) is removed.
 */
int profile_step(VipsImage **image);

/* Whether gray_step leaves the values of this picture, and what its profile says of them, as they
 * are. */
bool gray_keeps_profile(const VipsImage *image);

/* A step: any loaded picture to one band of gray, or two with alpha, 8 or 16 bit. A profile that
 * says what RGB or CMYK values mean is applied first; gray pictures stay as they are. */
int gray_step(VipsImage **image);
