/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/png.h"

/* From the decoder's rows to the encoder's, through luma if gray is asked for, and through the
 * filter if another size is. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/colour/profile.h"
#include "image/pixels/resizer.h"
#include "image/png/encode.h"
#include "image/png/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void cleanup_encoder(struct png_encoder **encoder)
{
    png_encoder_free(*encoder);
}

static bool has_colour(const struct png_image *image)
{
    return image->bands >= 3;
}

static bool has_alpha(const struct png_image *image)
{
    return image->bands % 2 == 0;
}

/* --- gray ---------------------------------------------------------------------------------------
 */

/* How a row becomes gray. */
struct to_gray {
    bool colour;                         /* luma is made of it; else it is gray as it comes */
    struct profile_transform *transform; /* makes sRGB of its colours; NULL: they are */
    void *srgb, *gray;                   /* a row each */
};

static void cleanup_to_gray(struct to_gray *to)
{
    profile_transform_free(to->transform);
    free(to->srgb);
    free(to->gray);
}

/* to->transform stays NULL if colours are sRGB. Those of a palette are converted at once. */
static int begin_profile(struct png_image *image, struct to_gray *to)
{
    const struct profile_pixels pixels = {
        .space = SPACE_RGB,
        .bits = image->bits == 16 ? 16 : 8,
        .more = image->has_palette ? 1 : image->bands - 3,
        .count = image->has_palette ? PNG_PALETTE_MAX : (uint64_t)image->width * image->height,
    };
    uint8_t palette[PNG_PALETTE_MAX][4];

    if (!has_colour(image) || profile_kind(image->profile, image->profile_size) != PROFILE_RGB)
        return 0;
    to->transform = profile_transform_new(image->profile, image->profile_size, &pixels);
    if (to->transform == NULL)
        return -ENOMEM;
    if (!image->has_palette)
        return 0;
    memcpy(palette, image->palette, sizeof(palette));
    profile_transform_row(to->transform, palette, image->palette, PNG_PALETTE_MAX);
    profile_transform_free(to->transform);
    to->transform = NULL;
    return 0;
}

static int begin_gray(struct png_image *image, struct to_gray *to)
{
    int status = begin_profile(image, to);

    if (status != 0)
        return status;
    if (image->has_palette)
        png_palette_to_gray(image);
    to->colour = has_colour(image);
    if (!to->colour)
        return 0;
    to->srgb = malloc((size_t)image->width * image->bands * sizeof(uint16_t));
    to->gray = malloc((size_t)image->width * 2 * sizeof(uint16_t));
    return to->srgb == NULL || to->gray == NULL ? -ENOMEM : 0;
}

static const void *gray_row(const struct png_image *image, const struct to_gray *to,
                            const void *row)
{
    unsigned gray_bands = has_alpha(image) ? 2 : 1;

    if (!to->colour)
        return row;
    if (to->transform != NULL) {
        profile_transform_row(to->transform, row, to->srgb, image->width);
        row = to->srgb;
    }
    if (image->bits == 16)
        luma_row_16(row, image->bands, to->gray, gray_bands, image->width);
    else
        luma_row_8(row, image->bands, to->gray, gray_bands, image->width);
    return to->gray;
}

/* --- from row to row ----------------------------------------------------------------------------
 */

static const void *next_row(struct png_image *image, const struct to_gray *to)
{
    const void *row = png_next_row(image);

    return row != NULL && to != NULL ? gray_row(image, to, row) : row;
}

static int encode_rows(struct png_image *image, const struct to_gray *to,
                       struct png_encoder *encoder)
{
    for (uint32_t y = 0; y < image->height; y++) {
        const void *row = next_row(image, to);

        if (row == NULL)
            return STATUS_IMAGE_CORRUPT;
        png_encoder_row(encoder, row);
    }
    return 0;
}

static int encode_resized_rows(struct png_image *image, const struct to_gray *to,
                               const struct png_format *format, struct png_encoder *encoder)
{
    const struct resizer_size size = {.width = image->width,
                                      .height = image->height,
                                      .to_width = format->width,
                                      .to_height = format->height};
    _cleanup_(resizer_clear) struct resizer resizer = {0};
    size_t row_bytes = (size_t)format->width * format->bands;
    _cleanup_free_ uint8_t *samples = malloc(row_bytes * format->height);

    if (samples == NULL || resizer_begin(&resizer, &size, format->bands, has_alpha(image)) != 0)
        return -ENOMEM;
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *row = next_row(image, to);

        if (row == NULL)
            return STATUS_IMAGE_CORRUPT;
        resizer_row(&resizer, row);
    }
    resizer_end(&resizer);
    resizer_interleave(&resizer, samples);
    for (uint32_t y = 0; y < format->height; y++)
        png_encoder_row(encoder, samples + y * row_bytes);
    return 0;
}

/* ------------------------------------------------------------------------------------------------
 */

/* A gray image of few bits keeps them if its values do not change. */
static unsigned choose_result_bits(const struct png_image *image, unsigned steps)
{
    const bool few = image->bits < 8 && image->bands == 1 && steps == IMAGE_STEP_GRAY;

    return image->bits == 16 || few ? image->bits : 8;
}

static void describe_result(const struct png_image *image, const struct image_output_plan *planned,
                            struct png_format *format)
{
    const bool gray = (planned->steps & IMAGE_STEP_GRAY) != 0;
    const enum profile_space space = has_colour(image) ? SPACE_RGB : SPACE_GRAY;

    *format = (struct png_format){
        .width = planned->size.width,
        .height = planned->size.height,
        .bands = !gray              ? image->bands
                 : has_alpha(image) ? 2
                                    : 1,
        .bits = choose_result_bits(image, planned->steps & ~(unsigned)IMAGE_STEP_ENCODE),
    };
    if ((gray && has_colour(image)) || !profile_fits(image->profile, image->profile_size, space))
        return;
    format->profile = image->profile;
    format->profile_size = image->profile_size;
}

static int convert_rows(const struct image_output_plan *planned, struct png_image *image,
                        struct image_output *output)
{
    const bool gray = (planned->steps & IMAGE_STEP_GRAY) != 0;
    const bool resize = (planned->steps & IMAGE_STEP_RESIZE) != 0;
    _cleanup_(cleanup_encoder) struct png_encoder *encoder = NULL;
    _cleanup_(cleanup_to_gray) struct to_gray to = {0};
    struct png_format format;
    int status;

    describe_result(image, planned, &format);
    if (!png_encoder_takes(&format) || (resize && image->bits == 16)) /* the filter takes 8 */
        return -ENOTSUP;
    if ((status = png_inflate(image)) != 0 || (gray && (status = begin_gray(image, &to)) != 0))
        return status;
    if ((encoder = png_encoder_new(&format)) == NULL)
        return -ENOMEM;
    if (resize)
        status = encode_resized_rows(image, gray ? &to : NULL, &format, encoder);
    else
        status = encode_rows(image, gray ? &to : NULL, encoder);
    return status != 0 ? status : png_encoder_finish(encoder, output);
}

int png_rows(const struct image_plan *plan, const struct image_output_plan *planned,
             struct bytes input, struct image_output *output)
{
    _cleanup_(png_clear) struct png_image image;
    int status = png_open(&image, input.data, input.size);

    (void)plan;
    return status != 0 ? status : convert_rows(planned, &image, output);
}
