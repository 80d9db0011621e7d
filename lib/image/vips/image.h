/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <vips/vips.h>

/*
 * Ownership for libvips' objects as base/cleanup.h has it for memory: a local image is given back
 * at the end of its scope unless TAKE_PTR hands it on.
 *
 * A step of a pipeline is `int step(VipsImage **image, ...)`: it replaces the image by one made
 * from it. On error (-1, libvips' error buffer filled) the old image stays.
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

/* A field of Lab, whose samples have 16 bits here: how many they have in the file. */
#define IMAGE_LAB_BITS "grisaille-lab-bits"

/* Makes *image a copy whose fields may be set: a loader's own image gets those of the file again
 * when the first pixels are read. 0 or -1. */
static inline int image_own(VipsImage **image)
{
    VipsImage *own;

    return vips_copy(*image, &own, NULL) ? -1 : image_replace(image, own);
}

/* The ICC profile, which is the image's, and its size; NULL and 0: it has none. */
static inline const void *image_profile(VipsImage *image, size_t *size)
{
    const void *profile;

    *size = 0;
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) == 0 ||
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, size))
        return NULL;
    return profile;
}

/* Sets the profile to the `size` bytes at `profile`, or to none if that is NULL, whatever a loader
 * found. 0 or -1. */
static inline int image_set_profile(VipsImage **image, const void *profile, size_t size)
{
    if (image_own(image))
        return -1;
    vips_image_remove(*image, VIPS_META_ICC_NAME);
    if (profile != NULL)
        vips_image_set_blob_copy(*image, VIPS_META_ICC_NAME, profile, size);
    return 0;
}

/* Rows that vips_sequential shall keep together: all of one frame, so that frames of `height` rows
 * are read in order. */
static inline int image_strip_rows(uint32_t height)
{
    uint32_t rows = 16;

    while (height % rows != 0)
        rows--;
    return (int)rows;
}
