/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"
#include "image/webp/file.h"

/*
 * The gray of a still lossless WebP that is upright and of sRGB. 0 and output->data and size;
 * STATUS_IMAGE_CORRUPT, STATUS_IMAGE_TOO_LARGE or -ENOMEM.
 */
int webp_gray_lossless(const struct webp_file *file, struct image_output *output);
