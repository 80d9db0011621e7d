/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/plan.h"

#include <vips/vips.h>

/* As load_image: RGB and alpha, the first `frames`, one below the other, drawn as they are asked
 * for; RGB alone of one frame without a transparent pixel. "delay" is in milliseconds, and "loop"
 * how often all is shown, 0 for ever. */
int gif_load(const struct image_plan *plan, uint32_t frames, const uint8_t *input, size_t size,
             VipsImage **image);
