/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

/* A step: any loaded picture to one band of gray, or two with alpha, 8 or 16 bit. A profile that
 * says what RGB or CMYK values mean is applied first; gray pictures stay as they are. */
int gray_step(VipsImage **image);
