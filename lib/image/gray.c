/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gray.h"

#include "image/convert.h"
#include "image/profile.h"
#include "image/vips_image.h"

#include <stdbool.h>

/*
 * Luma is defined on sRGB values, so what is not sRGB becomes it first:
 *
 *     Lab, XYZ ...                    -> libvips' conversion
 *     RGB with a profile of its own   -> by that profile
 *     CMYK with a profile             -> by that profile
 *     CMYK without                    -> (1 - C)(1 - K), as viewers do
 */
static bool is_deep(const VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_USHORT;
}

/* NULL: there is none. */
static const void *find_profile(VipsImage *image, size_t *size)
{
    const void *data;

    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) == 0 ||
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, size))
        return NULL;
    return data;
}

static enum profile_kind embedded_profile(VipsImage *image)
{
    size_t size = 0;
    const void *data = find_profile(image, &size);

    return profile_kind(data, size);
}

/* libvips takes another profile in silence where this one lacks the intent that it is asked for. */
static int apply_profile(VipsImage **image)
{
    size_t size = 0;
    const void *data = find_profile(*image, &size);
    VipsIntent intent = profile_is_relative(data, size) ? VIPS_INTENT_RELATIVE
                                                        : VIPS_INTENT_PERCEPTUAL;
    VipsImage *out;

    if (vips_icc_transform(*image, &out, "srgb", "embedded", TRUE, "intent", intent, "depth",
                           is_deep(*image) ? 16 : 8, NULL))
        return -1;
    return image_replace(image, out);
}

static int rgb_from_cmyk(VipsImage **image)
{
    if (embedded_profile(*image) == PROFILE_CMYK)
        return apply_profile(image);
    return convert_cmyk_to_rgb(image);
}

static int srgb_from_rgb(VipsImage **image)
{
    return embedded_profile(*image) == PROFILE_RGB ? apply_profile(image) : 0;
}

static int srgb_from_device_independent(VipsImage **image)
{
    VipsImage *out;

    if (vips_colourspace(*image, &out, VIPS_INTERPRETATION_sRGB, NULL))
        return -1;
    return image_replace(image, out);
}

/* Of a gray picture with more than an alpha band, the first two. */
static int drop_extra_bands(VipsImage **image)
{
    VipsImage *out;

    if ((*image)->Bands <= 2)
        return 0;
    if (vips_extract_band(*image, &out, 0, "n", 2, NULL))
        return -1;
    return image_replace(image, out);
}

int gray_step(VipsImage **image)
{
    int error;

    switch ((*image)->Type) {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
        return drop_extra_bands(image);
    case VIPS_INTERPRETATION_CMYK:
        error = rgb_from_cmyk(image);
        break;
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
        error = srgb_from_rgb(image);
        break;
    default:
        error = srgb_from_device_independent(image);
    }
    if (error)
        return error;
    return (*image)->Bands < 3 ? 0 : convert_rgb_to_gray(image);
}
