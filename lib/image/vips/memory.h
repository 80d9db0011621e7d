/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"
#include "image/plan/result.h"

#include <stdbool.h>
#include <vips/vips.h>

/*
 * A libvips target that writes into the memory of an image_output and nowhere else. It can seek and
 * read back, which TIFF needs; what is skipped is zero. Going past the capacity fails and sets
 * `overflow`.
 */
struct memory_target {
    struct image_output *output;
    size_t position;
    bool overflow;
};

/* The target, one reference of it the caller's; `memory` outlives it and begins as {output}. The
 * output's size is that of what was written. NULL on error. */
VipsTarget *memory_target_new(struct memory_target *memory);

/* A source of the bytes in `file`, which it takes over. NULL on error. */
VipsSource *memory_source_new(struct buffer *file);

/* An image of interleaved `samples`, which came from malloc and are taken over, and otherwise like
 * `like`: bands, format, fields. NULL with libvips' error buffer filled. */
VipsImage *memory_image_new(void *samples, uint32_t width, uint32_t height, VipsImage *like);
