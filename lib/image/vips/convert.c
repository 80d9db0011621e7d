/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/convert.h"

#include "base/cleanup.h"
#include "image/colour/linear.h"
#include "image/colour/luma.h"
#include "image/colour/profile.h"
#include "image/vips/image.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Pixel loops as nodes of a libvips pipeline. libvips' own operations for this go through float
 * (recomb) or through linear light (colourspace), which is slower or gives another gray.
 */

/* Makes *image a node that generates *out from it, with `context`. 0 or -1. */
static int replace_by_rows(VipsImage **image, VipsImage **out, VipsGenerateFn generate_rows,
                           void *context)
{
    if (vips_image_generate(*out, vips_start_one, generate_rows, vips_stop_one, *image, context))
        return -1;
    vips_object_local(*out, TAKE_PTR(*image)); /* lives as long as what is made from it */
    *image = TAKE_PTR(*out);
    return 0;
}

struct shape {
    int in_bands, out_bands;
};

static void convert_row_8(const uint8_t *in, uint8_t *out, int width, const struct shape *shape)
{
    luma_row_8(in, (unsigned)shape->in_bands, out, (unsigned)shape->out_bands, (size_t)width);
}

static void convert_row_16(const uint16_t *in, uint16_t *out, int width, const struct shape *shape)
{
    luma_row_16(in, (unsigned)shape->in_bands, out, (unsigned)shape->out_bands, (size_t)width);
}

/* a * b / 255, rounded to nearest; exact for a, b <= 255. */
static inline unsigned multiply_255(unsigned a, unsigned b)
{
    unsigned product = a * b + 128;

    return (product + (product >> 8)) >> 8;
}

static void cmyk_row_8(const uint8_t *in, uint8_t *out, int width, const struct shape *shape)
{
    for (int x = 0; x < width; x++) {
        for (int band = 0; band < 3; band++)
            out[band] = (uint8_t)multiply_255(255u - in[band], 255u - in[3]);
        for (int band = 3; band < shape->out_bands; band++)
            out[band] = in[band + 1];
        in += shape->in_bands;
        out += shape->out_bands;
    }
}

static void cmyk_row_16(const uint16_t *in, uint16_t *out, int width, const struct shape *shape)
{
    for (int x = 0; x < width; x++) {
        for (int band = 0; band < 3; band++)
            out[band] = (uint16_t)(((65535u - in[band]) * (65535u - in[3]) + 32767u) / 65535u);
        for (int band = 3; band < shape->out_bands; band++)
            out[band] = in[band + 1];
        in += shape->in_bands;
        out += shape->out_bands;
    }
}

static void luminance_row_8(const uint8_t *in, uint8_t *out, int width, const struct shape *shape)
{
    linear_luminance_row_8(in, (unsigned)shape->in_bands, out, (unsigned)shape->out_bands,
                           (size_t)width);
}

static void luminance_row_16(const uint16_t *in, uint16_t *out, int width,
                             const struct shape *shape)
{
    linear_luminance_row_16(in, (unsigned)shape->in_bands, out, (unsigned)shape->out_bands,
                            (size_t)width);
}

typedef void row_8_function(const uint8_t *in, uint8_t *out, int width, const struct shape *shape);
typedef void row_16_function(const uint16_t *in, uint16_t *out, int width,
                             const struct shape *shape);

struct conversion {
    row_8_function *row_8;
    row_16_function *row_16;
};

static const struct conversion luma_conversion = {convert_row_8, convert_row_16};
static const struct conversion luminance_conversion = {luminance_row_8, luminance_row_16};
static const struct conversion cmyk_conversion = {cmyk_row_8, cmyk_row_16};

/* libvips asks for a piece of the result: fetch the same piece of the input, convert each row. */
static int generate(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = sequence;
    const struct conversion *conversion = b;
    const VipsRect *area = &out->valid;
    const struct shape shape = {in->im->Bands, out->im->Bands};

    (void)a;
    (void)stop;
    if (vips_region_prepare(in, area))
        return -1;

    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++) {
        void *from = VIPS_REGION_ADDR(in, area->left, y),
             *to = VIPS_REGION_ADDR(out, area->left, y);

        if (out->im->BandFmt == VIPS_FORMAT_UCHAR)
            conversion->row_8(from, to, area->width, &shape);
        else
            conversion->row_16(from, to, area->width, &shape);
    }
    return 0;
}

static int convert(VipsImage **image, const struct conversion *conversion, int bands,
                   VipsInterpretation interpretation)
{
    _cleanup_image_ VipsImage *out = vips_image_new();

    if ((*image)->BandFmt != VIPS_FORMAT_UCHAR && (*image)->BandFmt != VIPS_FORMAT_USHORT) {
        vips_error("luma", "neither 8 nor 16 bit");
        return -1;
    }
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, *image, NULL))
        return -1;
    out->Bands = bands;
    out->Type = interpretation;
    return replace_by_rows(image, &out, generate, (void *)(uintptr_t)conversion);
}

/* --- to 8 bits ----------------------------------------------------------------------------------
 */

static void round_row(const uint16_t *in, uint8_t *out, size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        out[i] = (uint8_t)((in[i] * 255u + 32767u) / 65535u);
}

static int generate_rounded(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = sequence;
    const VipsRect *area = &out->valid;

    (void)a;
    (void)b;
    (void)stop;
    if (vips_region_prepare(in, area))
        return -1;
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++)
        round_row((const uint16_t *)(void *)VIPS_REGION_ADDR(in, area->left, y),
                  VIPS_REGION_ADDR(out, area->left, y),
                  (size_t)area->width * (size_t)out->im->Bands);
    return 0;
}

int convert_to_8_bits(VipsImage **image)
{
    _cleanup_image_ VipsImage *out = vips_image_new();

    if ((*image)->BandFmt != VIPS_FORMAT_USHORT)
        return 0;
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, *image, NULL))
        return -1;
    out->BandFmt = VIPS_FORMAT_UCHAR;
    if (out->Type == VIPS_INTERPRETATION_GREY16)
        out->Type = VIPS_INTERPRETATION_B_W;
    else if (out->Type == VIPS_INTERPRETATION_RGB16)
        out->Type = VIPS_INTERPRETATION_sRGB;
    return replace_by_rows(image, &out, generate_rounded, NULL);
}

/* TIFF's 8 bits of Lab are the first three bytes of libvips' packed form. */
static int generate_packed_lab(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = sequence;
    const VipsRect *area = &out->valid;

    (void)a;
    (void)b;
    (void)stop;
    if (vips_region_prepare(in, area))
        return -1;
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++) {
        const int16_t *from = (const int16_t *)(void *)VIPS_REGION_ADDR(in, area->left, y);
        uint8_t *to = VIPS_REGION_ADDR(out, area->left, y);

        for (int x = 0; x < area->width; x++, from += 3, to += 4) {
            to[0] = (uint8_t)((VIPS_MAX(from[0], 0) * 255 + 16383) / 32767);
            to[1] = (uint8_t)(VIPS_MIN(from[1] + 128, INT16_MAX) >> 8);
            to[2] = (uint8_t)(VIPS_MIN(from[2] + 128, INT16_MAX) >> 8);
            to[3] = 0;
        }
    }
    return 0;
}

int convert_lab_to_8_bits(VipsImage **image)
{
    _cleanup_image_ VipsImage *out = vips_image_new();

    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, *image, NULL))
        return -1;
    out->Bands = 4;
    out->BandFmt = VIPS_FORMAT_UCHAR;
    out->Coding = VIPS_CODING_LABQ;
    out->Type = VIPS_INTERPRETATION_LABQ;
    return replace_by_rows(image, &out, generate_packed_lab, NULL);
}

/* --- linear light --------------------------------------------------------------------------------
 */

/* Between 8 or 16 bits by sRGB's curve and 16 of linear light; `colours` of the bands are that. */
static void convert_light(const VipsRegion *in, const VipsRegion *out, const VipsRect *area, int y,
                          bool to_linear, unsigned colours)
{
    const void *from = VIPS_REGION_ADDR(in, area->left, y);
    void *to = VIPS_REGION_ADDR(out, area->left, y);
    const unsigned bands = (unsigned)in->im->Bands;
    const size_t width = (size_t)area->width;

    if (to_linear && in->im->BandFmt == VIPS_FORMAT_UCHAR)
        linear_from_8(from, bands, colours, to, width);
    else if (to_linear)
        linear_from_16(from, bands, colours, to, width);
    else if (out->im->BandFmt == VIPS_FORMAT_UCHAR)
        linear_to_8(from, bands, colours, to, width);
    else
        linear_to_16(from, bands, colours, to, width);
}

static const bool to_light = true, from_light = false;

static int generate_light(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = sequence;
    const VipsRect *area = &out->valid;
    const unsigned colours = (unsigned)(in->im->Bands - (vips_image_hasalpha(in->im) ? 1 : 0));

    (void)a;
    (void)stop;
    if (vips_region_prepare(in, area))
        return -1;
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++)
        convert_light(in, out, area, y, b == (void *)(uintptr_t)&to_light, colours);
    return 0;
}

static int light_step(VipsImage **image, const bool *direction, VipsBandFormat format)
{
    _cleanup_image_ VipsImage *out = vips_image_new();
    const bool gray = (*image)->Bands < 3, deep = format == VIPS_FORMAT_USHORT;

    if (linear_start() != 0)
        return -ENOMEM;
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, *image, NULL))
        return -1;
    out->BandFmt = format;
    out->Type = gray ? (deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                     : (deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB);
    return replace_by_rows(image, &out, generate_light, (void *)(uintptr_t)direction);
}

int convert_to_linear(VipsImage **image)
{
    return light_step(image, &to_light, VIPS_FORMAT_USHORT);
}

int convert_from_linear(VipsImage **image, VipsBandFormat format)
{
    return light_step(image, &from_light, format);
}

/* --- by a profile -------------------------------------------------------------------------------
 */

static int generate_by_profile(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = sequence;
    const VipsRect *area = &out->valid;

    (void)a;
    (void)stop;
    if (vips_region_prepare(in, area))
        return -1;
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++)
        profile_transform_row(b, VIPS_REGION_ADDR(in, area->left, y),
                              VIPS_REGION_ADDR(out, area->left, y), (size_t)area->width);
    return 0;
}

static void free_transform(VipsImage *image, struct profile_transform *transform)
{
    (void)image;
    profile_transform_free(transform);
}

int convert_by_profile(VipsImage **image, const void *profile, size_t size)
{
    _cleanup_image_ VipsImage *out = vips_image_new();
    const bool deep = (*image)->BandFmt == VIPS_FORMAT_USHORT;
    const bool inks = (*image)->Type == VIPS_INTERPRETATION_CMYK;
    const bool gray =
        (*image)->Type == VIPS_INTERPRETATION_B_W || (*image)->Type == VIPS_INTERPRETATION_GREY16;
    const struct profile_pixels pixels = {
        .space = gray   ? SPACE_GRAY
                 : inks ? SPACE_CMYK
                        : SPACE_RGB,
        .bits = deep ? 16 : 8,
        .more = (unsigned)(*image)->Bands - (gray   ? 1
                                             : inks ? 4
                                                    : 3),
        .count = (uint64_t)(*image)->Xsize * (uint64_t)(*image)->Ysize,
    };
    struct profile_transform *transform = profile_transform_new(profile, size, &pixels);

    if (transform == NULL)
        return -ENOMEM;
    g_signal_connect(out, "postclose", G_CALLBACK(free_transform), transform);
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, *image, NULL))
        return -1;
    out->Bands = 3 + (int)pixels.more;
    out->Type = deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return replace_by_rows(image, &out, generate_by_profile, transform);
}

/* ------------------------------------------------------------------------------------------------
 */

int convert_rgb_to_gray(VipsImage **image)
{
    bool deep = (*image)->BandFmt == VIPS_FORMAT_USHORT;

    return convert(image, &luma_conversion, (*image)->Bands > 3 ? 2 : 1,
                   deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W);
}

int convert_rgb_to_luminance(VipsImage **image)
{
    bool deep = (*image)->BandFmt == VIPS_FORMAT_USHORT;

    if (linear_start() != 0)
        return -ENOMEM;
    return convert(image, &luminance_conversion, (*image)->Bands > 3 ? 2 : 1,
                   deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W);
}

int convert_cmyk_to_rgb(VipsImage **image)
{
    bool deep = (*image)->BandFmt == VIPS_FORMAT_USHORT;

    return convert(image, &cmyk_conversion, (*image)->Bands - 1,
                   deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB);
}
