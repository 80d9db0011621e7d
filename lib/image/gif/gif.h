/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * GIFs, without libvips: whatever is done with one, the same reader (probe/gif_blocks.h) says what
 * it is, and lzw.h whether its pixels are all there.
 *
 * Two paths (image.c), which take every GIF: 0 and *output, STATUS_IMAGE_CORRUPT,
 * STATUS_IMAGE_TOO_LARGE or -ENOMEM. One thread.
 */

/* A copy of the file, with colour tables rewritten to luma where gray is asked for. Every pixel of
 * every frame, delay, loop and transparency stays what it was, to the bit; comments and
 * applications' blocks but for the loop are left out. */
int gif_copy(const struct image_plan *plan, const struct image_output_plan *planned,
             struct bytes input, struct image_output *output);

/* In another size: frames are decoded, laid over one another, and filtered in colour; the result
 * has a palette of the source's where that serves. */
int gif_resize(const struct image_plan *plan, const struct image_output_plan *planned,
               struct bytes input, struct image_output *output);
