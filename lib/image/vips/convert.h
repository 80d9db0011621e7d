/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

/* A step: RGB or RGB + alpha (+ more, dropped), 8 or 16 bit, to gray or gray + alpha of the same
 * depth, by luma(). Alpha passes unchanged. */
int convert_rgb_to_gray(VipsImage **image);

/* The same by CIE luminance. */
int convert_rgb_to_luminance(VipsImage **image);

/* Steps: samples of 8 or 16 bits by sRGB's curve, an alpha apart, to 16 bits of linear light, and
 * back to 8 or 16 bits. */
int convert_to_linear(VipsImage **image);
int convert_from_linear(VipsImage **image, VipsBandFormat format);

/* A step: CMYK of 8 or 16 bit, 0 for no ink, without a profile, to RGB as (1 - C)(1 - K). Further
 * bands pass unchanged. */
int convert_cmyk_to_rgb(VipsImage **image);

/* A step: samples of 16 bits to those of 8, rounded, for formats that hold no more; libvips' own
 * savers cut them off. */
int convert_to_8_bits(VipsImage **image);

/* A step: Lab as libvips has it in 16 bits to its packed form, rounded to the 8 bits of a TIFF. */
int convert_lab_to_8_bits(VipsImage **image);

/* A step: gray, RGB or CMYK of 8 or 16 bit to sRGB by a profile that fits it (colour/profile.h).
 * Further bands pass unchanged. -ENOMEM besides. */
int convert_by_profile(VipsImage **image, const void *profile, size_t size);
