/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/operations.h"

#include "image/pixels/blur.h"
#include "image/vips/gray.h"
#include "image/vips/image.h"
#include "image/vips/memory.h"

#include <errno.h>
#include <stdlib.h>

int hold_in_memory(VipsImage **image)
{
    VipsImage *out = vips_image_copy_memory(*image);

    return out == NULL ? -1 : image_replace(image, out);
}

int crop_step(VipsImage **image, const struct image_box *box)
{
    VipsImage *out;

    if (vips_extract_area(*image, &out, (int)box->left, (int)box->top, (int)box->width,
                          (int)box->height, NULL))
        return -1;
    return image_replace(image, out);
}

int turn_step(VipsImage **image, unsigned turn)
{
    VipsImage *out;

    if (hold_in_memory(image) || image_own(image))
        return -1;
    vips_image_set_int(*image, VIPS_META_ORIENTATION, (int)turn);
    if (vips_autorot(*image, &out, NULL))
        return -1;
    return image_replace(image, out);
}

/* libvips places a part of an image by its offset, which says where the whole lies relative to it.
 */
int smart_crop_step(VipsImage **image, struct image_size size, struct image_box *found)
{
    VipsImage *out;

    if (hold_in_memory(image) || vips_smartcrop(*image, &out, (int)size.width, (int)size.height,
                                                "interesting", VIPS_INTERESTING_ATTENTION, NULL))
        return -1;
    *found = (struct image_box){(uint32_t)-out->Xoffset, (uint32_t)-out->Yoffset, size.width,
                                size.height};
    return image_replace(image, out);
}

/* Despite VIPS_NOVECTOR the absolute values that a smart crop needs have liborc compile code when
 * they are first asked for, in a file and memory that the sandbox does not have. Asking for them
 * computes no pixel: that would start threads, and the sandbox is entered by one alone. */
int operations_start(void)
{
    _cleanup_image_ VipsImage *image = NULL;
    VipsImage *out;

    if (vips_black(&image, 1, 1, NULL) || vips_cast(image, &out, VIPS_FORMAT_FLOAT, NULL) ||
        image_replace(&image, out) || vips_abs(image, &out, NULL) || image_replace(&image, out))
        return -EIO;
    return 0;
}

/* --- colours ------------------------------------------------------------------------------------
 */

/* 0xRRGGBBAA as the values of a pixel of `image`, which is gray or RGB, with or without alpha. */
static VipsArrayDouble *to_pixel(const VipsImage *image, uint32_t colour, bool alpha)
{
    const double scale = image->BandFmt == VIPS_FORMAT_USHORT ? 257 : 1;
    double values[4];
    int count = 0;

    for (int shift = image->Bands >= 3 ? 8 : 24; shift <= 24; shift += 8)
        values[count++] = (double)(colour >> (image->Bands >= 3 ? 32 - shift : 24) & 255) * scale;
    if (alpha)
        values[count++] = (double)(colour & 255) * scale;
    return vips_array_double_new(values, count);
}

static bool is_gray_colour(uint32_t colour)
{
    return colour >> 24 == (colour >> 16 & 255) && colour >> 24 == (colour >> 8 & 255);
}

/* To gray or RGB that can hold the colour. */
static int make_room_for_colour(VipsImage **image, uint32_t colour)
{
    const bool gray = gray_keeps_profile(*image);

    return gray && is_gray_colour(colour) ? 0 : rgb_step(image);
}

static int add_alpha_band(VipsImage **image)
{
    VipsImage *out;

    return vips_addalpha(*image, &out, NULL) ? -1 : image_replace(image, out);
}

/* What lies beside the image is taken from it. */
static int extend_step(VipsImage **image, const struct image_operation *operation)
{
    const VipsExtend extend =
        operation->extend == IMAGE_EXTEND_COPY ? VIPS_EXTEND_COPY : VIPS_EXTEND_MIRROR;
    VipsImage *out;
    int status = hold_in_memory(image);

    if (status != 0)
        return status;
    return vips_embed(*image, &out, (int)operation->box.left, (int)operation->box.top,
                      (int)operation->size.width, (int)operation->size.height, "extend", extend,
                      NULL)
               ? -1
               : image_replace(image, out);
}

int repeat_step(VipsImage **image, uint32_t times)
{
    VipsImage *out;

    return vips_zoom(*image, &out, (int)times, (int)times, NULL) ? -1 : image_replace(image, out);
}

int pad_step(VipsImage **image, const struct image_operation *operation, bool keeps_alpha)
{
    VipsArrayDouble *background;
    VipsImage *out;
    int status;

    if (operation->extend != IMAGE_EXTEND_BACKGROUND)
        return extend_step(image, operation);
    status = make_room_for_colour(image, operation->colour);
    if (status == 0 && keeps_alpha && (operation->colour & 255) != 255 &&
        !vips_image_hasalpha(*image))
        status = add_alpha_band(image);
    if (status != 0)
        return status;
    background = to_pixel(*image, operation->colour, vips_image_hasalpha(*image));
    status = vips_embed(*image, &out, (int)operation->box.left, (int)operation->box.top,
                        (int)operation->size.width, (int)operation->size.height, "extend",
                        VIPS_EXTEND_BACKGROUND, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return status != 0 ? -1 : image_replace(image, out);
}

int flatten_step(VipsImage **image, uint32_t colour)
{
    VipsArrayDouble *background;
    VipsImage *out;
    int status;

    if (!vips_image_hasalpha(*image))
        return 0;
    status = make_room_for_colour(image, colour);
    if (status != 0)
        return status;
    background = to_pixel(*image, colour, false);
    status = vips_flatten(*image, &out, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return status != 0 ? -1 : image_replace(image, out);
}

/* --- filters ------------------------------------------------------------------------------------
 */

/* From floating point back to `format`, rounded. */
static int round_to(VipsImage **image, VipsBandFormat format)
{
    VipsImage *out;

    if (vips_rint(*image, &out, NULL))
        return -1;
    image_replace(image, out);
    return vips_cast(*image, &out, format, NULL) ? -1 : image_replace(image, out);
}

static int hold_as_samples(VipsImage **image)
{
    if ((*image)->BandFmt != VIPS_FORMAT_UCHAR && (*image)->BandFmt != VIPS_FORMAT_USHORT) {
        const int status = rgb_step(image);

        if (status != 0)
            return status;
    }
    return hold_in_memory(image);
}

int blur_step(VipsImage **image, double sigma)
{
    struct blur_source source;
    VipsImage *out;
    void *samples;
    int status = hold_as_samples(image);

    if (status != 0)
        return status;
    source = (struct blur_source){
        .samples = VIPS_IMAGE_ADDR(*image, 0, 0),
        .width = (uint32_t)(*image)->Xsize,
        .height = (uint32_t)(*image)->Ysize,
        .bands = (unsigned)(*image)->Bands,
        .deep = (*image)->BandFmt == VIPS_FORMAT_USHORT,
        .alpha = vips_image_hasalpha(*image),
    };
    samples = malloc(VIPS_IMAGE_SIZEOF_IMAGE(*image));
    if (samples == NULL || blur_gaussian(&source, sigma, samples) != 0) {
        free(samples);
        return -ENOMEM;
    }
    out = memory_image_new(samples, source.width, source.height, *image);
    return out == NULL ? -1 : image_replace(image, out);
}

/* Sharpens colours without alpha. */
static int sharpen_colours(VipsImage **image, double sigma)
{
    const VipsBandFormat format = (*image)->BandFmt;
    VipsImage *out;

    if (vips_sharpen(*image, &out, "sigma", sigma, NULL))
        return -1;
    image_replace(image, out);
    return (*image)->BandFmt == format ? 0 : round_to(image, format);
}

/* Alpha stays as it is. It is split off here: each of vips_sharpen's many conversions would do that
 * again, and ask twice for all that comes before it. */
int sharpen_step(VipsImage **image, double sigma)
{
    _cleanup_image_ VipsImage *alpha = NULL;
    VipsImage *out;
    int bands, status = hold_as_samples(image);

    if (status == 0 && (*image)->Type == VIPS_INTERPRETATION_CMYK)
        status = rgb_step(image);
    if (status != 0 || !vips_image_hasalpha(*image))
        return status != 0 ? status : sharpen_colours(image, sigma);
    bands = (*image)->Bands >= 3 ? 3 : 1;
    if (vips_extract_band(*image, &alpha, bands, "n", (*image)->Bands - bands, NULL) ||
        vips_extract_band(*image, &out, 0, "n", bands, NULL))
        return -1;
    image_replace(image, out);
    if (sharpen_colours(image, sigma) || vips_bandjoin2(*image, alpha, &out, NULL))
        return -1;
    return image_replace(image, out);
}
