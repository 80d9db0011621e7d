/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

/*
 * The short way through an ordinary lossy WebP: its own planes of Y, U, V and alpha, without RGB
 * between; and to the gray of a lossless one, in its place. 0 and *output; STATUS_IMAGE_CORRUPT or
 * STATUS_IMAGE_TOO_LARGE with output->detail; -ENOMEM; or -ENOTSUP for all else (lossless to be
 * reduced, animated, turned, gray of what is not sRGB): the long way.
 */
int webp_process(const struct image_request *request, const struct image_header *header,
                 const uint8_t *input, size_t size, struct image_output *output);
