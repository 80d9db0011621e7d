/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <vips/vips.h>

/* A step, before any other: a profile that does not fit the pixels (colour/profile.h) is removed.
 */
int profile_step(VipsImage **image);

/* Whether gray_step leaves the values of this image, and what its profile says of them, unchanged.
 */
bool gray_keeps_profile(const VipsImage *image);

/* A step: makes one band of gray, or two with alpha, of 8 or 16 bit, of any loaded image. A profile
 * of RGB or CMYK values is applied first; gray images stay as they are. */
int gray_step(VipsImage **image);
