/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp/webp.h"

/*
 * Gray keeps the luma plane and flattens the other two; resizing resizes each plane. The encoder
 * takes planes, so that no pixel is ever converted. Lossless ones: lossless.c.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/profile.h"
#include "image/pixels/chroma.h"
#include "image/pixels/resizer.h"
#include "image/webp/encode.h"
#include "image/webp/file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <webp/decode.h>

enum {
    CHROMA_OF_GRAY = 128,
    POINTS_OF_FULL_SIZE = 8, /* chroma is filtered from all that there is */
    FAINT_ALPHA = 8,         /* colours below are known to three bits, and cost as much as others */
};

static int decode_planes(const struct webp_file *file, WebPDecoderConfig *config)
{
    const struct bytes chunks = file->chunks;

    if (!WebPInitDecoderConfig(config))
        return -EINVAL;
    errno = 0;
    if (WebPGetFeatures(chunks.data, chunks.size, &config->input) != VP8_STATUS_OK)
        return STATUS_IMAGE_CORRUPT;
    config->input.has_alpha = config->input.has_alpha && file->alpha;
    config->output.colorspace = config->input.has_alpha ? MODE_YUVA : MODE_YUV;
    return WebPDecode(chunks.data, chunks.size, config) == VP8_STATUS_OK ? 0 : webp_failure();
}

/* The decoded planes, which libwebp owns. */
static struct raster raster_of(const WebPDecoderConfig *config)
{
    const WebPYUVABuffer *decoded = &config->output.u.YUVA;
    const uint32_t width = (uint32_t)config->output.width, height = (uint32_t)config->output.height;
    const uint32_t half_width = (width + 1) / 2, half_height = (height + 1) / 2;

    return (struct raster){
        .width = width,
        .height = height,
        .colour = true,
        .alpha = config->input.has_alpha,
        .video_range = true,
        .h = 2,
        .v = 2,
        .planes =
            {
                {decoded->y, width, height, (size_t)decoded->y_stride},
                {decoded->u, half_width, half_height, (size_t)decoded->u_stride},
                {decoded->v, half_width, half_height, (size_t)decoded->v_stride},
                {decoded->a, width, height, (size_t)decoded->a_stride},
            },
    };
}

static void flatten_chroma(const struct raster *raster)
{
    for (unsigned i = RASTER_CB; i <= RASTER_CR; i++) {
        const struct plane *plane = &raster->planes[i];

        for (uint32_t y = 0; y < plane->height; y++)
            memset(plane->data + y * plane->pitch, CHROMA_OF_GRAY, plane->width);
    }
}

/* --- resizing -----------------------------------------------------------------------------------
 */

static const uint8_t *row_of(const struct plane *plane, uint32_t y)
{
    return plane->data + y * plane->pitch;
}

static int resize_plane(struct resizer *resizer, const struct plane *plane,
                        const struct resizer_size *size)
{
    int status = resizer_begin(resizer, size, 1, false);

    if (status != 0)
        return status;
    for (uint32_t y = 0; y < size->height; y++)
        resizer_row(resizer, row_of(plane, y));
    resizer_end(resizer);
    return 0;
}

/* Planes of one size, the last of them alpha. */
static int resize_weighted_planes(struct resizer *resizer, const struct plane *planes,
                                  unsigned count, const struct resizer_size *size)
{
    _cleanup_free_ uint8_t *pixels = malloc((size_t)size->width * count);
    int status = resizer_begin(resizer, size, count, true);

    if (pixels == NULL || status != 0)
        return -ENOMEM;
    resizer->faint = FAINT_ALPHA;
    for (uint32_t y = 0; y < size->height; y++) {
        for (unsigned i = 0; i < count; i++) {
            const uint8_t *row = row_of(&planes[i], y);

            for (uint32_t x = 0; x < size->width; x++)
                pixels[x * count + i] = row[x];
        }
        resizer_row(resizer, pixels);
    }
    resizer_end(resizer);
    return 0;
}

/* Chroma has half the columns and rows, the last of which may stand for one of the image's. Its
 * step is the image's, or colours would move; only chroma for a single pixel is resized to that
 * pixel. */
static struct resizer_size half(const struct resizer_size *size)
{
    return (struct resizer_size){
        .width = (size->width + 1) / 2,
        .height = (size->height + 1) / 2,
        .to_width = (size->to_width + 1) / 2,
        .to_height = (size->to_height + 1) / 2,
        .step_x = (double)size->width / (size->to_width > 1 ? size->to_width : 2),
        .step_y = (double)size->height / (size->to_height > 1 ? size->to_height : 2),
    };
}

/* Alpha for chroma: the mean of the four pixels that share a sample. */
static uint8_t *halve_alpha(const struct plane *alpha, const struct resizer_size *size)
{
    const struct resizer_size chroma = half(size);
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

static int emphasize_chroma(const struct raster *raster, const struct resizer_size *size)
{
    const unsigned emphasis =
        chroma_emphasis((double)size->to_width / size->width, POINTS_OF_FULL_SIZE, true);
    _cleanup_free_ uint8_t *memory = malloc(chroma_bytes(raster->planes[RASTER_CB].width));

    if (memory == NULL)
        return -ENOMEM;
    chroma_emphasize(&raster->planes[RASTER_CB], emphasis, true, true, memory);
    chroma_emphasize(&raster->planes[RASTER_CR], emphasis, true, true, memory);
    return 0;
}

/* The memory of a resized image's planes. */
struct resized {
    struct resizer luma, cb,
        cr;        /* with alpha the first has that too, and the second all of chroma */
    uint8_t *flat; /* chroma of gray */
};

static void cleanup_resized(struct resized *resized)
{
    resizer_clear(&resized->luma);
    resizer_clear(&resized->cb);
    resizer_clear(&resized->cr);
    free(resized->flat);
}

static int resize_luma(const struct raster *raster, const struct resizer_size *size,
                       struct resized *resized, struct raster *to)
{
    const struct plane luma_alpha[] = {raster->planes[RASTER_LUMA], raster->planes[RASTER_ALPHA]};
    int status = raster->alpha ? resize_weighted_planes(&resized->luma, luma_alpha, 2, size)
                               : resize_plane(&resized->luma, luma_alpha, size);

    to->planes[RASTER_LUMA] = resized->luma.planes[0];
    to->planes[RASTER_ALPHA] = resized->luma.planes[1];
    return status;
}

static int resize_chroma(const struct raster *raster, const struct resizer_size *size,
                         struct resized *resized, struct raster *to)
{
    const struct resizer_size chroma = half(size);
    int status = resize_plane(&resized->cb, &raster->planes[RASTER_CB], &chroma);

    if (status == 0)
        status = resize_plane(&resized->cr, &raster->planes[RASTER_CR], &chroma);
    to->planes[RASTER_CB] = resized->cb.planes[0];
    to->planes[RASTER_CR] = resized->cr.planes[0];
    return status != 0 ? status : emphasize_chroma(to, size);
}

static int resize_chroma_with_alpha(const struct raster *raster, const struct resizer_size *size,
                                    struct resized *resized, struct raster *to)
{
    const struct resizer_size chroma = half(size);
    _cleanup_free_ uint8_t *halved = halve_alpha(&raster->planes[RASTER_ALPHA], size);
    const struct plane planes[] = {
        raster->planes[RASTER_CB],
        raster->planes[RASTER_CR],
        {halved, chroma.width, chroma.height, chroma.width},
    };
    int status =
        halved == NULL ? -ENOMEM : resize_weighted_planes(&resized->cb, planes, 3, &chroma);

    to->planes[RASTER_CB] = resized->cb.planes[0];
    to->planes[RASTER_CR] = resized->cb.planes[1];
    return status;
}

/* Both planes are the same: gray has no chroma. */
static int make_flat_chroma(const struct resizer_size *size, struct resized *resized,
                            struct raster *to)
{
    const struct resizer_size chroma = half(size);
    size_t bytes = (size_t)chroma.to_width * chroma.to_height;

    if ((resized->flat = malloc(bytes)) == NULL)
        return -ENOMEM;
    memset(resized->flat, CHROMA_OF_GRAY, bytes);
    to->planes[RASTER_CB] = to->planes[RASTER_CR] =
        (struct plane){resized->flat, chroma.to_width, chroma.to_height, chroma.to_width};
    return 0;
}

static int encode_resized_planes(const struct raster *raster,
                                 const struct image_output_plan *planned,
                                 const struct webp_format *format, struct image_output *output)
{
    const struct resizer_size size = {.width = raster->width,
                                      .height = raster->height,
                                      .to_width = planned->size.width,
                                      .to_height = planned->size.height};
    _cleanup_(cleanup_resized) struct resized resized = {0};
    struct raster to = *raster;
    int status = resize_luma(raster, &size, &resized, &to);

    to.width = planned->size.width;
    to.height = planned->size.height;
    if (status == 0 && (planned->steps & IMAGE_STEP_GRAY) != 0)
        status = make_flat_chroma(&size, &resized, &to);
    else if (status == 0 && raster->alpha)
        status = resize_chroma_with_alpha(raster, &size, &resized, &to);
    else if (status == 0)
        status = resize_chroma(raster, &size, &resized, &to);
    return status != 0 ? status : webp_encode_raster(format, &to, output);
}

/* ------------------------------------------------------------------------------------------------
 */

static int encode_planes(const WebPDecoderConfig *config, const struct image_output_plan *planned,
                         struct image_output *output)
{
    const struct webp_format format = {.quality = planned->quality};
    const struct raster raster = raster_of(config);

    if ((planned->steps & IMAGE_STEP_RESIZE) != 0)
        return encode_resized_planes(&raster, planned, &format, output);
    if ((planned->steps & IMAGE_STEP_GRAY) != 0)
        flatten_chroma(&raster);
    return webp_encode_raster(&format, &raster, output);
}

static int add_profile(const struct webp_file *file, struct image_output *output)
{
    if (!profile_fits(file->profile.data, file->profile.size, SPACE_RGB))
        return 0;
    return webp_set_profile(file->profile.data, file->profile.size, output);
}

static int convert_planes(const struct image_output_plan *planned, const struct webp_file *file,
                          struct image_output *output)
{
    const bool gray = (planned->steps & IMAGE_STEP_GRAY) != 0;
    WebPDecoderConfig config = {0};
    int status;

    if (!webp_is_plain(file, gray))
        return -ENOTSUP;
    status = decode_planes(file, &config);
    if (status == 0)
        status = encode_planes(&config, planned, output);
    WebPFreeDecBuffer(&config.output);
    return status == 0 && !gray ? add_profile(file, output) : status;
}

int webp_planes(const struct image_plan *plan, const struct image_output_plan *planned,
                struct bytes input, struct image_output *output)
{
    _cleanup_(webp_clear) struct webp_file file = {0};
    int status;

    if (plan->source.lossless || planned->lossless)
        return -ENOTSUP;
    status = webp_open(&file, &plan->source, input.data, input.size);
    return status != 0 ? status : convert_planes(planned, &file, output);
}
