/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

/* A step: RGB or RGB + alpha (+ more, dropped), 8 or 16 bit, to gray or gray + alpha of the same
 * depth, by luma(). Alpha passes unchanged. */
int convert_rgb_to_gray(VipsImage **image);

/* A step: CMYK of 8 or 16 bit, 0 for no ink, without a profile, to RGB as (1 - C)(1 - K). Further
 * bands pass unchanged. */
int convert_cmyk_to_rgb(VipsImage **image);

/* A step: samples of 16 bits to those of 8, rounded, for formats that hold no more; libvips' own
 * savers cut them off. */
int convert_to_8_bits(VipsImage **image);

/* A step: RGB or CMYK of 8 or 16 bit to sRGB by a profile that fits it (colour/profile.h). Further
 * bands pass unchanged. -ENOMEM besides. */
int convert_by_profile(VipsImage **image, const void *profile, size_t size);
