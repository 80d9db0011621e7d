/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

/*
 * Ownership for libvips' objects as base/cleanup.h has it for memory: a local image is given back
 * at the end of its scope unless TAKE_PTR hands it on.
 *
 * A step of a pipeline is `int step(VipsImage **image, ...)`: it replaces the image by one made from
 * it. On error (-1, libvips' error buffer filled) the old image stays.
 */
static inline void cleanup_image(VipsImage **image)
{
    VIPS_UNREF(*image);
}

#define _cleanup_image_ __attribute__((__cleanup__(cleanup_image)))

/* Gives *image back and puts `next` in its place. Returns 0. */
static inline int image_replace(VipsImage **image, VipsImage *next)
{
    VIPS_UNREF(*image);
    *image = next;
    return 0;
}
