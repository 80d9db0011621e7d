/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp.h"

/*
 * Gray keeps the luma plane and flattens the other two; reducing reduces each plane. The encoder
 * takes planes, so that no pixel is ever converted.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/shrink.h"
#include "image/webp_encode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <webp/decode.h>

enum { CHROMA_OF_GRAY = 128 };

/* Bits of the VP8X chunk's flags that mean more than pixels. */
enum { RIFF_HEADER_BYTES = 12, FLAGS_OFFSET = 20, FLAGS_TAKEN = 0x04 /* XMP, which is dropped */ };

/* Whether the file is one lossy picture, its metadata none that we would have to heed. */
static bool is_ordinary(const struct image_header *header, const uint8_t *input, size_t size)
{
    if (header->lossless || header->frames != 1 || size <= FLAGS_OFFSET)
        return false;
    if (memcmp(input + RIFF_HEADER_BYTES, "VP8X", 4) != 0)
        return true;
    return (input[FLAGS_OFFSET] & ~FLAGS_TAKEN) == 0;
}

static int decode(const uint8_t *input, size_t size, WebPDecoderConfig *config)
{
    if (!WebPInitDecoderConfig(config))
        return -EINVAL;
    config->output.colorspace = MODE_YUV;
    switch (WebPDecode(input, size, config)) {
    case VP8_STATUS_OK:
        return 0;
    case VP8_STATUS_OUT_OF_MEMORY:
        return -ENOMEM;
    default:
        return STATUS_IMAGE_CORRUPT;
    }
}

static int make_gray(const WebPYUVABuffer *decoded, const struct webp_format *format,
                     struct image_output *output)
{
    struct webp_planes planes = {
        .y = decoded->y,
        .u = decoded->u,
        .v = decoded->v,
        .y_stride = decoded->y_stride,
        .uv_stride = decoded->u_stride,
    };
    size_t chroma_bytes = (size_t)decoded->u_stride * (size_t)((format->height + 1) / 2);

    if (decoded->u_size < chroma_bytes || decoded->v_size < chroma_bytes)
        return -EINVAL;
    memset(decoded->u, CHROMA_OF_GRAY, chroma_bytes);
    memset(decoded->v, CHROMA_OF_GRAY, chroma_bytes);
    return webp_encode_planes(format, &planes, output);
}

static int shrink_plane(struct shrink *shrink, const uint8_t *samples, int stride,
                        const struct shrink_size *size)
{
    int error = shrink_begin(shrink, size, 1, false);

    if (error != 0)
        return error;
    for (uint32_t y = 0; y < size->height; y++)
        shrink_row(shrink, samples + (size_t)y * (size_t)stride);
    shrink_end(shrink);
    return 0;
}

static struct shrink_size half(const struct shrink_size *size)
{
    return (struct shrink_size){(size->width + 1) / 2, (size->height + 1) / 2,
                                (size->to_width + 1) / 2, (size->to_height + 1) / 2};
}

static int make_smaller(const WebPYUVABuffer *decoded, const struct shrink_size *size,
                        const struct webp_format *format, struct image_output *output)
{
    _cleanup_(shrink_clear) struct shrink y = {0}, u = {0}, v = {0};
    struct shrink_size chroma = half(size);
    struct webp_planes planes;
    int error = shrink_plane(&y, decoded->y, decoded->y_stride, size);

    if (error == 0)
        error = shrink_plane(&u, decoded->u, decoded->u_stride, &chroma);
    if (error == 0)
        error = shrink_plane(&v, decoded->v, decoded->v_stride, &chroma);
    if (error != 0)
        return error;
    planes = (struct webp_planes){
        .y = y.planes[0].data,
        .u = u.planes[0].data,
        .v = v.planes[0].data,
        .y_stride = (int)y.planes[0].pitch,
        .uv_stride = (int)u.planes[0].pitch,
    };
    return webp_encode_planes(format, &planes, output);
}

static int process(const struct image_request *request, const WebPDecoderConfig *config,
                   struct image_output *output)
{
    const WebPYUVABuffer *decoded = &config->output.u.YUVA;
    struct webp_format format = {
        .width = config->output.width,
        .height = config->output.height,
        .quality = request->quality > 0 ? request->quality : request->default_quality,
    };
    struct shrink_size size = {.width = (uint32_t)format.width, .height = (uint32_t)format.height};

    if (request->operation == IMAGE_GRAY)
        return make_gray(decoded, &format, output);
    size.to_width = image_scaled_length(size.width, request->factor);
    size.to_height = image_scaled_length(size.height, request->factor);
    format.width = (int)size.to_width;
    format.height = (int)size.to_height;
    return make_smaller(decoded, &size, &format, output);
}

int webp_process(const struct image_request *request, const struct image_header *header,
                 const uint8_t *input, size_t size, struct image_output *output)
{
    WebPDecoderConfig config;
    int status;

    if (!is_ordinary(header, input, size))
        return -ENOTSUP;
    status = decode(input, size, &config);
    if (status == 0)
        status = process(request, &config, output);
    WebPFreeDecBuffer(&config.output);
    if (status == 0)
        output->format = IMAGE_WEBP;
    else if (status == STATUS_IMAGE_CORRUPT)
        snprintf(output->detail, sizeof(output->detail), "The WebP is damaged or incomplete.");
    else if (status == STATUS_IMAGE_TOO_LARGE)
        snprintf(output->detail, sizeof(output->detail), "The result is larger than allowed.");
    return status;
}
