/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

/* The short way through an ordinary PNG (picture.h). 0 and *output; STATUS_IMAGE_CORRUPT or
 * STATUS_IMAGE_TOO_LARGE with output->detail; -ENOMEM; or -ENOTSUP for all else: the long way. */
int png_process(const struct image_request *request, const uint8_t *input, size_t size,
                struct image_output *output);
