/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/resample.h"

#include "image/vips_image.h"

/* libvips reduces the ordinary way; what is added is the exact size and the alpha. */

static int reduce(VipsImage **image, int width, int height)
{
    VipsImage *out;

    if (vips_resize(*image, &out, (double)width / (*image)->Xsize, "vscale",
                    (double)height / (*image)->Ysize, NULL))
        return -1;
    return image_replace(image, out);
}

/* Colours of transparent pixels weigh nothing, or they would bleed into their neighbours. */
static int reduce_with_alpha(VipsImage **image, int width, int height)
{
    _cleanup_image_ VipsImage *premultiplied = NULL, *plain = NULL;
    VipsBandFormat format = (*image)->BandFmt;
    VipsImage *out;

    if (vips_premultiply(*image, &premultiplied, NULL) || reduce(&premultiplied, width, height) ||
        vips_unpremultiply(premultiplied, &plain, NULL) || vips_rint(plain, &out, NULL))
        return -1;
    image_replace(&plain, out);
    if (vips_cast(plain, &out, format, NULL))
        return -1;
    return image_replace(image, out);
}

int resample(VipsImage **image, int width, int height)
{
    if ((*image)->Xsize == width && (*image)->Ysize == height)
        return 0;
    if (vips_image_hasalpha(*image))
        return reduce_with_alpha(image, width, height);
    return reduce(image, width, height);
}
