/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * GIFs, without libvips. On both paths the same reader (probe/gif_blocks.h) finds the blocks, and
 * lzw.h whether all pixels are there.
 *
 * Two paths (image.c), which take every GIF: 0 and *output, STATUS_IMAGE_CORRUPT,
 * STATUS_IMAGE_TOO_LARGE or -ENOMEM. One thread.
 */

/* Copies the file, with luma in its colour tables if gray is asked for. Every pixel of every frame,
 * delay, loop and transparency stays the same to the bit; comments and application blocks other
 * than the loop are left out. */
int gif_copy(const struct image_plan *plan, const struct image_output_plan *planned,
             struct bytes input, struct image_output *output);

/* Resizes: frames are decoded, drawn over one another, and filtered in colour. The result uses the
 * source's palette if that is good enough. */
int gif_resize(const struct image_plan *plan, const struct image_output_plan *planned,
               struct bytes input, struct image_output *output);
