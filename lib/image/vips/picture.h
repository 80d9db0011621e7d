/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

/*
 * The long way, through libvips, which takes every picture but GIFs:
 *
 *     load -> for each frame: gray (gray.c) or reduce (resample.c), then upright -> join -> save
 *
 * Pixels flow through in strips; only a picture that has to be turned is held as a whole, and then
 * it is already gray or reduced. All pages of a TIFF are kept where they are alike, else the first.
 */

/* Once per process, before the first picture_process. 0 or -EIO. */
int picture_start(void);

/* As image_process, for a picture whose header was read and is within the limits. */
int picture_process(const struct image_request *request, const struct image_header *header,
                    const uint8_t *input, size_t input_size, struct image_output *output);
