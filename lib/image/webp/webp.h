/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * A path (image.c): a still, upright lossy WebP through its own planes of Y, U, V and alpha,
 * without RGB between. 0 and *output; STATUS_IMAGE_CORRUPT or STATUS_IMAGE_TOO_LARGE; -ENOMEM; or
 * -ENOTSUP: not for this file (lossless, animated, turned, gray of what is not sRGB).
 */
int webp_planes(const struct image_plan *plan, const struct image_output_plan *planned,
                struct bytes input, struct image_output *output);
