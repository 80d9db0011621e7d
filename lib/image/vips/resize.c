/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/resize.h"

#include "base/cleanup.h"
#include "image/pixels/resizer.h"
#include "image/pixels/resizer_16.h"
#include "image/vips/convert.h"
#include "image/vips/gray.h"
#include "image/vips/image.h"
#include "image/vips/memory.h"

#include <stdbool.h>

/*
 * Images are resized by filters of our own: vips_resize is slow without code made at run time,
 * which the sandbox forbids, repeats the pixels at the edges, and places its filter in steps of
 * 1/64 of a pixel.
 */

/* A strip of the image, from the top; libvips calls it in order. */
static int take_strip_8(VipsRegion *region, VipsRect *area, void *argument)
{
    for (int y = area->top; y < area->top + area->height; y++)
        resizer_row(argument, VIPS_REGION_ADDR(region, 0, y));
    return 0;
}

static int take_strip_16(VipsRegion *region, VipsRect *area, void *argument)
{
    for (int y = area->top; y < area->top + area->height; y++)
        resizer_16_row(argument, VIPS_REGION_ADDR(region, 0, y));
    return 0;
}

static VipsImage *interleave(const struct resizer *resizer, const struct resizer_size *of,
                             VipsImage *source)
{
    uint8_t *samples = malloc((size_t)of->to_width * of->to_height * resizer->bands);

    if (samples == NULL) {
        vips_error("resize_image", "out of memory");
        return NULL;
    }
    resizer_interleave(resizer, samples);
    return memory_image_new(samples, of->to_width, of->to_height, source);
}

static int resize_8(VipsImage **image, const struct resizer_size *size)
{
    struct resizer resizer;
    VipsImage *out = NULL;

    if (resizer_begin(&resizer, size, (unsigned)(*image)->Bands, vips_image_hasalpha(*image)) != 0)
        vips_error("resize_image", "out of memory");
    else if (vips_sink_disc(*image, take_strip_8, &resizer) == 0) {
        resizer_end(&resizer);
        out = interleave(&resizer, size, *image);
    }
    resizer_clear(&resizer);
    return out == NULL ? -1 : image_replace(image, out);
}

static enum resizer_samples samples_of(const VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_UCHAR   ? RESIZER_8
           : image->BandFmt == VIPS_FORMAT_SHORT ? RESIZER_SIGNED_16
                                                 : RESIZER_16;
}

static int resize_16(VipsImage **image, const struct resizer_size *size)
{
    _cleanup_(resizer_16_clear) struct resizer_16 resizer;
    VipsImage *out;

    if (resizer_16_begin(&resizer, size, (unsigned)(*image)->Bands, vips_image_hasalpha(*image),
                         samples_of(*image)) != 0) {
        vips_error("resize_image", "out of memory");
        return -1;
    }
    if (vips_sink_disc(*image, take_strip_16, &resizer))
        return -1;
    out = memory_image_new(TAKE_PTR(resizer.samples), size->to_width, size->to_height, *image);
    return out == NULL ? -1 : image_replace(image, out);
}

/* Our reducer of 8 bits only makes smaller; both sides that grow and linear light need finer
 * samples. */
static int resize_finely(VipsImage **image, const struct resizer_size *size, bool linear)
{
    const VipsBandFormat format = (*image)->BandFmt;
    int status = linear ? convert_to_linear(image) : 0;

    if (status == 0)
        status = resize_16(image, size);
    return status != 0 || !linear ? status : convert_from_linear(image, format);
}

int resize_image(VipsImage **image, const struct resizer_size *size, bool linear)
{
    const bool grows = size->to_width > size->width || size->to_height > size->height;

    if (size->width == size->to_width && size->height == size->to_height)
        return 0;
    if (linear) {
        const int status = (*image)->Bands >= 3 ? rgb_step(image) : 0;

        return status != 0 ? status : resize_finely(image, size, true);
    }
    if ((*image)->BandFmt == VIPS_FORMAT_UCHAR && !grows)
        return resize_8(image, size);
    return resize_finely(image, size, false);
}
