/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * A path (image.c): the gray of a still lossless WebP that is upright and of sRGB, in its place. 0
 * and *output; STATUS_IMAGE_CORRUPT, STATUS_IMAGE_TOO_LARGE or -ENOMEM; or -ENOTSUP: not for this
 * file, or not gray.
 */
int webp_gray_lossless(const struct image_plan *plan, const struct image_output_plan *planned,
                       struct bytes input, struct image_output *output);
