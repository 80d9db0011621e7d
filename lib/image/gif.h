/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/image.h"

#include <stdbool.h>

/*
 * The short way for a GIF whose size stays: a copy of the file, with colour tables rewritten to luma
 * where `gray`. Every pixel of every frame, delay, loop and transparency stays what it was, to the bit;
 * comments and applications' blocks but for the loop are left out. Any thread.
 *
 * 0 and *output; -ENOTSUP: not for this GIF, nothing done; STATUS_IMAGE_CORRUPT or
 * STATUS_IMAGE_TOO_LARGE with output->detail.
 */
int gif_copy(const uint8_t *input, size_t size, bool gray, struct image_output *output);

/* Whether the file is whole: every block, up to the trailer, and every picture's pixels. 0 or
 * STATUS_IMAGE_CORRUPT with *detail (IMAGE_DETAIL_BYTES). libvips takes a GIF that is cut off for a
 * shorter animation. Any thread. */
int gif_check(const uint8_t *input, size_t size, char *detail);
