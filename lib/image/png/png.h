/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/* A path (image.c): an ordinary PNG (png/image.h), row by row. 0 and *output; STATUS_IMAGE_CORRUPT
 * or STATUS_IMAGE_TOO_LARGE; -ENOMEM; or -ENOTSUP: not for this file. */
int png_rows(const struct image_plan *plan, const struct image_output_plan *planned,
             struct bytes input, struct image_output *output);
