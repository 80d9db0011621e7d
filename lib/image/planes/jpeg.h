/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * Two paths (image.c): a JPEG's planes, resized as for another JPEG, go to another format's
 * encoder, which would make such planes of RGB itself. 0 and *output; a status or -errno; -ENOTSUP:
 * not for this file.
 */
int jpeg_to_webp(const struct image_plan *plan, const struct image_output_plan *planned,
                 struct bytes input, struct image_output *output);
int jpeg_to_avif(const struct image_plan *plan, const struct image_output_plan *planned,
                 struct bytes input, struct image_output *output);
