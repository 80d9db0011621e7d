/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/request.h"

/*
 * GIFs, without libvips: whatever is done with one, the same reader (probe/gif_blocks.h) says what
 * it is, and lzw.h whether its pixels are all there.
 *
 * Both return 0 and *output, STATUS_IMAGE_CORRUPT, STATUS_IMAGE_TOO_LARGE or -ENOMEM. `header` is
 * what image_read_header made of the file. One thread.
 */

/* A copy of the file, with colour tables rewritten to luma where `gray`. Every pixel of every
 * frame, delay, loop and transparency stays what it was, to the bit; comments and applications'
 * blocks but for the loop are left out. */
int gif_copy(const struct image_request *request, const struct image_header *header,
             struct bytes input, struct image_output *output);

/* Reduced by `factor`: frames are decoded, laid over one another, and filtered in colour; the
 * result has a palette of the source's where that serves. */
int gif_scale(const struct image_request *request, const struct image_header *header,
              struct bytes input, struct image_output *output);
