/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png.h"

/* From the decoder's rows to the encoder's, as gray or through the filter that makes them fewer. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/luma.h"
#include "image/png_decode.h"
#include "image/png_encode.h"
#include "image/shrink.h"

#include <errno.h>
#include <stdio.h>

static void cleanup_encoder(struct png_encoder **encoder)
{
    png_encoder_free(*encoder);
}

static void luma_row(const uint8_t *rgb, uint8_t *gray, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++)
        gray[x] = (uint8_t)luma(rgb[3 * x], rgb[3 * x + 1], rgb[3 * x + 2]);
}

static int encode_gray(struct png_picture *picture, struct png_encoder *encoder)
{
    _cleanup_free_ uint8_t *gray = malloc(picture->width);

    if (gray == NULL)
        return -ENOMEM;
    for (uint32_t y = 0; y < picture->height; y++) {
        const uint8_t *row = png_next_row(picture);

        if (row == NULL)
            return STATUS_IMAGE_CORRUPT;
        if (picture->bands == 3)
            luma_row(row, gray, picture->width);
        png_encoder_row(encoder, picture->bands == 3 ? gray : row);
    }
    return 0;
}

static int encode_smaller(struct png_picture *picture, const struct shrink_size *size,
                          struct png_encoder *encoder)
{
    _cleanup_(shrink_clear) struct shrink shrink = {0};
    size_t row_bytes = (size_t)size->to_width * picture->bands;
    _cleanup_free_ uint8_t *samples = malloc(row_bytes * size->to_height);
    int error = shrink_begin(&shrink, size, picture->bands);

    if (error != 0 || samples == NULL)
        return -ENOMEM;
    for (uint32_t y = 0; y < picture->height; y++) {
        const uint8_t *row = png_next_row(picture);

        if (row == NULL)
            return STATUS_IMAGE_CORRUPT;
        shrink_row(&shrink, row);
    }
    shrink_end(&shrink);
    shrink_interleave(&shrink, samples);
    for (uint32_t y = 0; y < size->to_height; y++)
        png_encoder_row(encoder, samples + y * row_bytes);
    return 0;
}

static int process(const struct image_request *request, struct png_picture *picture,
                   struct image_output *output)
{
    bool gray = request->operation == IMAGE_GRAY;
    struct shrink_size size = {.width = picture->width, .height = picture->height};
    _cleanup_(cleanup_encoder) struct png_encoder *encoder = NULL;
    struct png_format format = {.bits = 8, .bands = gray ? 1 : picture->bands};
    int status;

    size.to_width = gray ? size.width : image_scaled_length(size.width, request->factor);
    size.to_height = gray ? size.height : image_scaled_length(size.height, request->factor);
    format.width = size.to_width;
    format.height = size.to_height;
    if (!png_encoder_takes(&format))
        return -ENOTSUP;
    encoder = png_encoder_new(&format);
    if (encoder == NULL)
        return -ENOMEM;
    status = gray ? encode_gray(picture, encoder) : encode_smaller(picture, &size, encoder);
    return status != 0 ? status : png_encoder_finish(encoder, output);
}

int png_process(const struct image_request *request, const uint8_t *input, size_t size,
                struct image_output *output)
{
    struct png_picture picture;
    int status = png_open(&picture, input, size);

    if (status == 0) {
        status = process(request, &picture, output);
        png_clear(&picture);
    }
    if (status == 0)
        output->format = IMAGE_PNG;
    else if (status == STATUS_IMAGE_CORRUPT)
        snprintf(output->detail, sizeof(output->detail), "The PNG is damaged or incomplete.");
    else if (status == STATUS_IMAGE_TOO_LARGE)
        snprintf(output->detail, sizeof(output->detail), "The result is larger than allowed.");
    return status;
}
