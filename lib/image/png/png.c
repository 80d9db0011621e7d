/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/png.h"

/* From the decoder's rows to the encoder's, as gray or through the filter that makes them fewer. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/colour/profile.h"
#include "image/pixels/shrink.h"
#include "image/png/encode.h"
#include "image/png/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void cleanup_encoder(struct png_encoder **encoder)
{
    png_encoder_free(*encoder);
}

static bool has_colour(const struct png_picture *picture)
{
    return picture->bands >= 3;
}

static bool has_alpha(const struct png_picture *picture)
{
    return picture->bands % 2 == 0;
}

static bool is_as_large(const struct png_picture *picture, const struct png_format *format)
{
    return picture->width == format->width && picture->height == format->height;
}

/* --- gray ---------------------------------------------------------------------------------------
 */

static void luma_row(const struct png_picture *picture, const void *in, void *out)
{
    unsigned out_bands = has_alpha(picture) ? 2 : 1;

    if (picture->bits == 16)
        luma_row_16(in, picture->bands, out, out_bands, picture->width);
    else
        luma_row_8(in, picture->bands, out, out_bands, picture->width);
}

/* `transform` is what makes sRGB of the colours; NULL: they are. */
static int encode_gray(struct png_picture *picture, struct profile_transform *transform,
                       struct png_encoder *encoder)
{
    const size_t row_bytes = (size_t)picture->width * picture->bands * sizeof(uint16_t);
    _cleanup_free_ void *gray = malloc(row_bytes), *srgb = malloc(row_bytes);

    if (gray == NULL || srgb == NULL)
        return -ENOMEM;
    for (uint32_t y = 0; y < picture->height; y++) {
        const void *row = png_next_row(picture);

        if (row == NULL)
            return STATUS_IMAGE_CORRUPT;
        if (transform != NULL)
            profile_transform_row(transform, row, srgb, picture->width);
        if (has_colour(picture))
            luma_row(picture, transform != NULL ? srgb : row, gray);
        png_encoder_row(encoder, has_colour(picture) ? gray : row);
    }
    return 0;
}

/* *transform stays NULL where colours are sRGB's. Those of a palette are made so at once. */
static int begin_profile(struct png_picture *picture, struct profile_transform **transform)
{
    const struct profile_pixels pixels = {
        .space = SPACE_RGB,
        .bits = picture->bits == 16 ? 16 : 8,
        .more = picture->has_palette ? 1 : picture->bands - 3,
        .count =
            picture->has_palette ? PNG_PALETTE_MAX : (uint64_t)picture->width * picture->height,
    };
    uint8_t palette[PNG_PALETTE_MAX][4];

    if (!has_colour(picture) ||
        profile_kind(picture->profile, picture->profile_size) != PROFILE_RGB)
        return 0;
    *transform = profile_transform_new(picture->profile, picture->profile_size, &pixels);
    if (*transform == NULL)
        return -ENOMEM;
    if (!picture->has_palette)
        return 0;
    memcpy(palette, picture->palette, sizeof(palette));
    profile_transform_row(*transform, palette, picture->palette, PNG_PALETTE_MAX);
    profile_transform_free(*transform);
    *transform = NULL;
    return 0;
}

static void keep_profile(const struct png_picture *picture, struct png_format *format)
{
    enum profile_space space = has_colour(picture) ? SPACE_RGB : SPACE_GRAY;

    if (!profile_fits(picture->profile, picture->profile_size, space))
        return;
    format->profile = picture->profile;
    format->profile_size = picture->profile_size;
}

/* A gray picture stays as deep as it is, and keeps its profile; so deep does one of 16 bits stay.
 */
static void make_gray(struct png_picture *picture, struct png_format *format)
{
    const bool few_bits = picture->bits < 8 && picture->bands == 1;

    format->bits = picture->bits == 16 || few_bits ? picture->bits : 8;
    format->bands = has_alpha(picture) ? 2 : 1;
    format->width = picture->width;
    format->height = picture->height;
    if (!has_colour(picture))
        keep_profile(picture, format);
}

/* --- smaller ------------------------------------------------------------------------------------
 */

static int encode_as_it_is(struct png_picture *picture, struct png_encoder *encoder)
{
    for (uint32_t y = 0; y < picture->height; y++) {
        const void *row = png_next_row(picture);

        if (row == NULL)
            return STATUS_IMAGE_CORRUPT;
        png_encoder_row(encoder, row);
    }
    return 0;
}

static int encode_smaller(struct png_picture *picture, const struct png_format *format,
                          struct png_encoder *encoder)
{
    const struct shrink_size size = {.width = picture->width,
                                     .height = picture->height,
                                     .to_width = format->width,
                                     .to_height = format->height};
    _cleanup_(shrink_clear) struct shrink shrink = {0};
    size_t row_bytes = (size_t)format->width * format->bands;
    _cleanup_free_ uint8_t *samples = malloc(row_bytes * format->height);

    if (samples == NULL || shrink_begin(&shrink, &size, picture->bands, has_alpha(picture)) != 0)
        return -ENOMEM;
    for (uint32_t y = 0; y < picture->height; y++) {
        const uint8_t *row = png_next_row(picture);

        if (row == NULL)
            return STATUS_IMAGE_CORRUPT;
        shrink_row(&shrink, row);
    }
    shrink_end(&shrink);
    shrink_interleave(&shrink, samples);
    for (uint32_t y = 0; y < format->height; y++)
        png_encoder_row(encoder, samples + y * row_bytes);
    return 0;
}

static int make_smaller(const struct png_picture *picture, double factor, struct png_format *format)
{
    format->bits = picture->bits == 16 ? 16 : 8;
    format->bands = picture->bands;
    format->width = image_scaled_length(picture->width, factor);
    format->height = image_scaled_length(picture->height, factor);
    if (picture->bits == 16 && !is_as_large(picture, format))
        return -ENOTSUP; /* our filter takes 8 */
    keep_profile(picture, format);
    return 0;
}

/* ------------------------------------------------------------------------------------------------
 */

static void cleanup_transform(struct profile_transform **transform)
{
    profile_transform_free(*transform);
}

static int run_gray(struct png_picture *picture, struct png_encoder *encoder)
{
    _cleanup_(cleanup_transform) struct profile_transform *transform = NULL;
    int status = begin_profile(picture, &transform);

    if (status != 0)
        return status;
    if (picture->has_palette)
        png_palette_to_gray(picture);
    return encode_gray(picture, transform, encoder);
}

static int process(const struct image_request *request, struct png_picture *picture,
                   struct image_output *output)
{
    bool gray = request->operation == IMAGE_GRAY;
    _cleanup_(cleanup_encoder) struct png_encoder *encoder = NULL;
    struct png_format format = {0};
    int status = 0;

    if (picture->orientation != 1)
        return -ENOTSUP;
    if (gray)
        make_gray(picture, &format);
    else
        status = make_smaller(picture, request->factor, &format);
    if (status != 0)
        return status;
    if (!png_encoder_takes(&format))
        return -ENOTSUP;
    if ((status = png_inflate(picture)) != 0)
        return status;
    if ((encoder = png_encoder_new(&format)) == NULL)
        return -ENOMEM;
    if (gray)
        status = run_gray(picture, encoder);
    else if (is_as_large(picture, &format))
        status = encode_as_it_is(picture, encoder);
    else
        status = encode_smaller(picture, &format, encoder);
    return status != 0 ? status : png_encoder_finish(encoder, output);
}

int png_process(const struct image_request *request, const uint8_t *input, size_t size,
                struct image_output *output)
{
    _cleanup_(png_clear) struct png_picture picture;
    int status = png_open(&picture, input, size);

    if (status == 0)
        status = process(request, &picture, output);
    if (status == 0)
        output->format = IMAGE_PNG;
    else if (status == STATUS_IMAGE_CORRUPT)
        snprintf(output->detail, sizeof(output->detail), "The PNG is damaged or incomplete.");
    else if (status == STATUS_IMAGE_TOO_LARGE)
        snprintf(output->detail, sizeof(output->detail), "The result is larger than allowed.");
    return status;
}
