/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp/webp.h"

/*
 * Gray keeps the luma plane and flattens the other two; reducing reduces each plane. The encoder
 * takes planes, so that no pixel is ever converted. Gray of a lossless one: lossless.c.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/profile.h"
#include "image/pixels/chroma.h"
#include "image/pixels/shrink.h"
#include "image/webp/encode.h"
#include "image/webp/file.h"
#include "image/webp/lossless.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <webp/decode.h>

enum {
    CHROMA_OF_GRAY = 128,
    POINTS_OF_FULL_SIZE = 8, /* chroma is filtered from all that there is */
    FAINT_ALPHA = 8,         /* colours below are known to three bits, and cost as much as others */
};

static bool is_ordinary(const struct image_request *request, const struct image_header *header,
                        const struct webp_file *file)
{
    if (file->animated || file->orientation != 1)
        return false;
    if (header->lossless && request->operation != IMAGE_GRAY)
        return false;
    return request->operation == IMAGE_SCALE || /* luma is of sRGB */
           profile_kind(file->profile.data, file->profile.size) != PROFILE_RGB;
}

static int decode(const struct webp_file *file, WebPDecoderConfig *config)
{
    const struct bytes picture = file->picture;

    if (!WebPInitDecoderConfig(config))
        return -EINVAL;
    errno = 0;
    if (WebPGetFeatures(picture.data, picture.size, &config->input) != VP8_STATUS_OK)
        return STATUS_IMAGE_CORRUPT;
    config->input.has_alpha = config->input.has_alpha && file->alpha;
    config->output.colorspace = config->input.has_alpha ? MODE_YUVA : MODE_YUV;
    return WebPDecode(picture.data, picture.size, config) == VP8_STATUS_OK ? 0 : webp_failure();
}

static int encode_as_it_is(const WebPYUVABuffer *decoded, const struct webp_format *format,
                           struct image_output *output)
{
    struct webp_planes planes = {
        .y = decoded->y,
        .u = decoded->u,
        .v = decoded->v,
        .a = decoded->a,
        .y_stride = decoded->y_stride,
        .uv_stride = decoded->u_stride,
        .a_stride = decoded->a_stride,
    };

    return webp_encode_planes(format, &planes, output);
}

static int make_gray(const WebPYUVABuffer *decoded, const struct webp_format *format,
                     struct image_output *output)
{
    size_t chroma_bytes = (size_t)decoded->u_stride * (size_t)((format->height + 1) / 2);

    if (decoded->u_size < chroma_bytes || decoded->v_size < chroma_bytes)
        return -EINVAL;
    memset(decoded->u, CHROMA_OF_GRAY, chroma_bytes);
    memset(decoded->v, CHROMA_OF_GRAY, chroma_bytes);
    return encode_as_it_is(decoded, format, output);
}

/* --- reducing -----------------------------------------------------------------------------------
 */

struct source_plane {
    const uint8_t *samples;
    int stride;
};

static const uint8_t *row_of(const struct source_plane *plane, uint32_t y)
{
    return plane->samples + (ptrdiff_t)y * plane->stride;
}

static int shrink_plane(struct shrink *shrink, struct source_plane plane,
                        const struct shrink_size *size)
{
    int error = shrink_begin(shrink, size, 1, false);

    if (error != 0)
        return error;
    for (uint32_t y = 0; y < size->height; y++)
        shrink_row(shrink, row_of(&plane, y));
    shrink_end(shrink);
    return 0;
}

/* Planes of one size, the last of them alpha. */
static int shrink_weighted(struct shrink *shrink, const struct source_plane *planes, unsigned count,
                           const struct shrink_size *size)
{
    _cleanup_free_ uint8_t *pixels = malloc((size_t)size->width * count);
    int error = shrink_begin(shrink, size, count, true);

    if (pixels == NULL || error != 0)
        return -ENOMEM;
    shrink->faint = FAINT_ALPHA;
    for (uint32_t y = 0; y < size->height; y++) {
        for (unsigned i = 0; i < count; i++) {
            const uint8_t *row = row_of(&planes[i], y);

            for (uint32_t x = 0; x < size->width; x++)
                pixels[x * count + i] = row[x];
        }
        shrink_row(shrink, pixels);
    }
    shrink_end(shrink);
    return 0;
}

/* Chroma has half the pixels, of which the last may stand for one of the picture's; its step is the
 * picture's, or colours would be beside their places; but one for a single pixel has that one's. */
static struct shrink_size half(const struct shrink_size *size)
{
    return (struct shrink_size){
        .width = (size->width + 1) / 2,
        .height = (size->height + 1) / 2,
        .to_width = (size->to_width + 1) / 2,
        .to_height = (size->to_height + 1) / 2,
        .step_x = (double)size->width / (size->to_width > 1 ? size->to_width : 2),
        .step_y = (double)size->height / (size->to_height > 1 ? size->to_height : 2),
    };
}

/* Alpha of the chroma's pixels, which are four of the picture's. */
static uint8_t *halve_alpha(const struct source_plane *alpha, const struct shrink_size *size)
{
    const struct shrink_size chroma = half(size);
    uint8_t *halved = malloc((size_t)chroma.width * chroma.height), *out = halved;

    for (uint32_t y = 0; halved != NULL && y < chroma.height; y++) {
        const uint8_t *row = row_of(alpha, 2 * y);
        const uint8_t *below = 2 * y + 1 < size->height ? row_of(alpha, 2 * y + 1) : row;

        for (uint32_t x = 0; x < size->width; x += 2) {
            uint32_t right = x + 1 < size->width ? x + 1 : x;

            *out++ = (uint8_t)((row[x] + row[right] + below[x] + below[right] + 2) / 4);
        }
    }
    return halved;
}

static int encode_reduced(const struct shrink *y, const struct plane *u, const struct plane *v,
                          const struct webp_format *format, struct image_output *output)
{
    struct webp_planes planes = {
        .y = y->planes[0].data,
        .u = u->data,
        .v = v->data,
        .a = y->alpha ? y->planes[1].data : NULL,
        .y_stride = (int)y->planes[0].pitch,
        .uv_stride = (int)u->pitch,
        .a_stride = (int)y->planes[0].pitch,
    };

    return webp_encode_planes(format, &planes, output);
}

static int emphasize(const struct plane *u, const struct plane *v, const struct shrink_size *size)
{
    const unsigned emphasis =
        chroma_emphasis((double)size->to_width / size->width, POINTS_OF_FULL_SIZE);
    _cleanup_free_ uint8_t *memory = malloc(chroma_bytes(u->width));

    if (memory == NULL)
        return -ENOMEM;
    chroma_emphasize(u, emphasis, true, true, memory);
    chroma_emphasize(v, emphasis, true, true, memory);
    return 0;
}

static int make_smaller(const WebPYUVABuffer *decoded, const struct shrink_size *size,
                        const struct webp_format *format, struct image_output *output)
{
    _cleanup_(shrink_clear) struct shrink y = {0}, u = {0}, v = {0};
    struct shrink_size chroma = half(size);
    int error = shrink_plane(&y, (struct source_plane){decoded->y, decoded->y_stride}, size);

    if (error == 0)
        error = shrink_plane(&u, (struct source_plane){decoded->u, decoded->u_stride}, &chroma);
    if (error == 0)
        error = shrink_plane(&v, (struct source_plane){decoded->v, decoded->v_stride}, &chroma);
    if (error == 0)
        error = emphasize(&u.planes[0], &v.planes[0], size);
    if (error != 0)
        return error;
    return encode_reduced(&y, &u.planes[0], &v.planes[0], format, output);
}

static int make_smaller_with_alpha(const WebPYUVABuffer *decoded, const struct shrink_size *size,
                                   const struct webp_format *format, struct image_output *output)
{
    const struct source_plane y = {decoded->y, decoded->y_stride};
    const struct source_plane u = {decoded->u, decoded->u_stride};
    const struct source_plane v = {decoded->v, decoded->v_stride};
    const struct source_plane alpha = {decoded->a, decoded->a_stride};
    const struct shrink_size chroma = half(size);
    _cleanup_(shrink_clear) struct shrink luma_alpha = {0}, chroma_alpha = {0};
    _cleanup_free_ uint8_t *halved = halve_alpha(&alpha, size);
    const struct source_plane chroma_planes[] = {u, v, {halved, (int)chroma.width}};
    int error;

    if (halved == NULL)
        return -ENOMEM;
    error = shrink_weighted(&luma_alpha, (struct source_plane[]){y, alpha}, 2, size);
    if (error == 0)
        error = shrink_weighted(&chroma_alpha, chroma_planes, 3, &chroma);
    if (error != 0)
        return error;
    return encode_reduced(&luma_alpha, &chroma_alpha.planes[0], &chroma_alpha.planes[1], format,
                          output);
}

/* ------------------------------------------------------------------------------------------------
 */

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
    if (size.to_width == size.width && size.to_height == size.height)
        return encode_as_it_is(decoded, &format, output);
    if (config->input.has_alpha)
        return make_smaller_with_alpha(decoded, &size, &format, output);
    return make_smaller(decoded, &size, &format, output);
}

static int add_profile(const struct image_request *request, struct bytes profile,
                       struct image_output *output)
{
    if (request->operation == IMAGE_GRAY || !profile_fits(profile.data, profile.size, SPACE_RGB))
        return 0;
    return webp_set_profile(profile.data, profile.size, output);
}

static int process_lossy(const struct image_request *request, const struct webp_file *file,
                         struct image_output *output)
{
    WebPDecoderConfig config = {0};
    int status = decode(file, &config);

    if (status == 0)
        status = process(request, &config, output);
    WebPFreeDecBuffer(&config.output);
    return status == 0 ? add_profile(request, file->profile, output) : status;
}

int webp_process(const struct image_request *request, const struct image_header *header,
                 const uint8_t *input, size_t size, struct image_output *output)
{
    _cleanup_(webp_clear) struct webp_file file;
    int status = webp_open(&file, header, input, size);

    if (status == 0 && !is_ordinary(request, header, &file))
        status = -ENOTSUP;
    else if (status == 0)
        status = header->lossless ? webp_gray_lossless(&file, output)
                                  : process_lossy(request, &file, output);
    if (status == 0)
        output->format = IMAGE_WEBP;
    else if (status == STATUS_IMAGE_CORRUPT)
        snprintf(output->detail, sizeof(output->detail), "The WebP is damaged or incomplete.");
    else if (status == STATUS_IMAGE_TOO_LARGE)
        snprintf(output->detail, sizeof(output->detail), "The result is larger than allowed.");
    return status;
}
