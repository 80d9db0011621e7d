/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/gray.h"

#include "image/colour/profile.h"
#include "image/vips/convert.h"
#include "image/vips/image.h"

#include <stdbool.h>

/*
 * Luma is defined on sRGB values, so what is not sRGB becomes it first:
 *
 *     Lab, XYZ ...                    -> libvips' conversion
 *     RGB with a profile of its own   -> by that profile
 *     CMYK with a profile             -> by that profile
 *     CMYK without                    -> (1 - C)(1 - K), as viewers do
 *
 * What is gray stays as it is, and keeps its profile.
 */

static int rgb_from_cmyk(VipsImage **image)
{
    size_t size;
    const void *profile = image_profile(*image, &size);

    if (profile != NULL)
        return convert_by_profile(image, profile, size);
    return convert_cmyk_to_rgb(image);
}

static int srgb_from_rgb(VipsImage **image)
{
    size_t size;
    const void *profile = image_profile(*image, &size);

    if (profile_kind(profile, size) == PROFILE_RGB)
        return convert_by_profile(image, profile, size);
    return 0;
}

static int srgb_from_device_independent(VipsImage **image)
{
    VipsImage *out;

    if (vips_colourspace(*image, &out, VIPS_INTERPRETATION_sRGB, NULL))
        return -1;
    return image_replace(image, out);
}

/* Keeps the first two bands of a gray image with more than an alpha band. */
static int drop_extra_bands(VipsImage **image)
{
    VipsImage *out;

    if ((*image)->Bands <= 2)
        return 0;
    if (vips_extract_band(*image, &out, 0, "n", 2, NULL))
        return -1;
    return image_replace(image, out);
}

static bool space_of(const VipsImage *image, enum profile_space *space)
{
    switch (image->Type) {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
        *space = SPACE_GRAY;
        return true;
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
        *space = SPACE_RGB;
        return image->Bands >= 3;
    case VIPS_INTERPRETATION_CMYK:
        *space = SPACE_CMYK;
        return image->Bands >= 4;
    default:
        return false;
    }
}

int profile_step(VipsImage **image)
{
    enum profile_space space;
    size_t size;
    const void *profile = image_profile(*image, &size);

    if (profile == NULL || (space_of(*image, &space) && profile_fits(profile, size, space)))
        return 0;
    return image_set_profile(image, NULL, 0);
}

bool gray_keeps_profile(const VipsImage *image)
{
    enum profile_space space;

    return space_of(image, &space) && space == SPACE_GRAY;
}

int gray_step(VipsImage **image)
{
    int status;

    switch ((*image)->Type) {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
        return drop_extra_bands(image);
    case VIPS_INTERPRETATION_CMYK:
        status = rgb_from_cmyk(image);
        break;
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
        status = srgb_from_rgb(image);
        break;
    default:
        status = srgb_from_device_independent(image);
    }
    if (status)
        return status;
    return (*image)->Bands < 3 ? 0 : convert_rgb_to_gray(image);
}
