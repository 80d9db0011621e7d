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
 * of RGB or CMYK values is applied first and removed; gray images keep their values and profile. */
int gray_step(VipsImage **image);

/* The same by CIE luminance, computed in linear light. */
int luminance_step(VipsImage **image);

/* A step: makes RGB, of 8 or 16 bits, of any loaded image; what is not RGB becomes sRGB. */
int rgb_step(VipsImage **image);

/* A step: makes sRGB of it, or gray by sRGB's curve of what is gray; a profile is applied and
 * removed. */
int srgb_step(VipsImage **image);
