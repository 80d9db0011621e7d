/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/resample.h"

#include "image/shrink.h"
#include "image/vips_image.h"

#include <stdbool.h>

/*
 * Pictures of 8 bits, nearly all, are reduced by our own filter: libvips' is slow without code made
 * at run time, which the cage forbids. The rest goes through libvips; what is added there is the
 * exact size and the alpha.
 */
static bool is_simple(VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_UCHAR && image->Coding == VIPS_CODING_NONE &&
           image->Bands <= SHRINK_BANDS_MAX;
}

/* A strip of the picture, from the top; libvips calls it in order. */
static int take_strip(VipsRegion *region, VipsRect *area, void *argument)
{
    for (int y = area->top; y < area->top + area->height; y++)
        shrink_row(argument, VIPS_REGION_ADDR(region, 0, y));
    return 0;
}

static void free_samples(VipsImage *image, void *samples)
{
    (void)image;
    g_free(samples);
}

/* Whatever else libvips knows of the picture: its profile, delays ... */
static void copy_fields(VipsImage *from, VipsImage *to)
{
    char **fields = vips_image_get_fields(from);

    for (char **field = fields; *field != NULL; field++) {
        GValue value = {0};

        if (vips_image_get_typeof(to, *field) != 0 || vips_image_get(from, *field, &value))
            continue;
        vips_image_set(to, *field, &value);
        g_value_unset(&value);
    }
    g_strfreev(fields);
}

static VipsImage *to_image(const struct shrink *shrink, VipsImage *source)
{
    int width = (int)shrink->planes[0].width, height = (int)shrink->planes[0].height;
    size_t size = (size_t)width * (size_t)height * shrink->bands;
    uint8_t *samples = g_try_malloc(size);
    VipsImage *image;

    if (samples == NULL) {
        vips_error("resample", "out of memory");
        return NULL;
    }
    shrink_interleave(shrink, samples);
    image = vips_image_new_from_memory(samples, size, width, height, source->Bands,
                                       VIPS_FORMAT_UCHAR);
    if (image == NULL) {
        g_free(samples);
        return NULL;
    }
    g_signal_connect(image, "postclose", G_CALLBACK(free_samples), samples);
    image->Type = source->Type;
    image->Xres = source->Xres;
    image->Yres = source->Yres;
    copy_fields(source, image);
    return image;
}

static int reduce_simple(VipsImage **image, const struct resample_size *size)
{
    const struct shrink_size sizes = {.width = (uint32_t)(*image)->Xsize,
                                      .height = (uint32_t)(*image)->Ysize,
                                      .to_width = (uint32_t)size->width,
                                      .to_height = (uint32_t)size->height,
                                      .step_x = size->step_x,
                                      .step_y = size->step_y};
    struct shrink shrink;
    VipsImage *out = NULL;

    if (shrink_begin(&shrink, &sizes, (unsigned)(*image)->Bands, vips_image_hasalpha(*image)) != 0)
        vips_error("resample", "out of memory");
    else if (vips_sink_disc(*image, take_strip, &shrink) == 0) {
        shrink_end(&shrink);
        out = to_image(&shrink, *image);
    }
    shrink_clear(&shrink);
    return out == NULL ? -1 : image_replace(image, out);
}

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

int resample(VipsImage **image, const struct resample_size *size)
{
    if ((*image)->Xsize == size->width && (*image)->Ysize == size->height)
        return 0;
    if (is_simple(*image))
        return reduce_simple(image, size);
    if (vips_image_hasalpha(*image))
        return reduce_with_alpha(image, size->width, size->height);
    return reduce(image, size->width, size->height);
}
