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
 *     Lab                             -> libvips' conversion
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
    int bits = 8;

    if (vips_image_get_typeof(*image, IMAGE_LAB_BITS) != 0 &&
        vips_image_get_int(*image, IMAGE_LAB_BITS, &bits))
        return -1;
    if (vips_colourspace(*image, &out,
                         bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, NULL))
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

/* --- to other colours ----------------------------------------------------------------------------
 */

/* Gray to RGB: by its profile, or three times the same. */
static int rgb_from_gray(VipsImage **image)
{
    size_t size;
    const void *profile = image_profile(*image, &size);
    VipsImage *out;
    int status = drop_extra_bands(image);

    if (status != 0 || profile != NULL)
        return status != 0 ? status : convert_by_profile(image, profile, size);
    if (vips_colourspace(*image, &out,
                         (*image)->BandFmt == VIPS_FORMAT_USHORT ? VIPS_INTERPRETATION_RGB16
                                                                 : VIPS_INTERPRETATION_sRGB,
                         NULL))
        return -1;
    return image_replace(image, out);
}

int rgb_step(VipsImage **image)
{
    int status;

    switch ((*image)->Type) {
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
        return 0;
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
        status = rgb_from_gray(image);
        break;
    case VIPS_INTERPRETATION_CMYK:
        status = rgb_from_cmyk(image);
        break;
    default:
        status = srgb_from_device_independent(image);
    }
    return status != 0 ? status : image_set_profile(image, NULL, 0);
}

int srgb_step(VipsImage **image)
{
    const bool gray = gray_keeps_profile(*image);
    size_t size;
    int status;

    if (gray && image_profile(*image, &size) == NULL)
        return 0;
    switch ((*image)->Type) {
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
        status = srgb_from_rgb(image);
        break;
    default:
        status = rgb_step(image);
    }
    if (status == 0 && gray)
        status = convert_rgb_to_gray(image);
    return status != 0 ? status : image_set_profile(image, NULL, 0);
}

/* Gray images keep their values and profile. Of all others the profile is applied and removed: it
 * does not describe the gray that is made of them. */
static int gray_by(VipsImage **image, int (*convert)(VipsImage **image))
{
    int status;

    if (gray_keeps_profile(*image))
        return drop_extra_bands(image);
    status = srgb_step(image);
    return status != 0 || (*image)->Bands < 3 ? status : convert(image);
}

int gray_step(VipsImage **image)
{
    return gray_by(image, convert_rgb_to_gray);
}

int luminance_step(VipsImage **image)
{
    return gray_by(image, convert_rgb_to_luminance);
}
