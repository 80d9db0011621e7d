/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp/lossless.h"

/*
 * libwebp decodes a lossless image into four bytes a pixel of its own and copies them out; its
 * encoder takes four bytes a pixel, beside a dozen of its own. So the copy is made gray in its
 * place and encoded from there.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/webp/encode.h"
#include "image/webp/file.h"

#include <errno.h>
#include <stdlib.h>
#include <webp/decode.h>

enum { PIXEL_BYTES = sizeof(uint32_t), BITS_OF_DRAWINGS = 3 };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const WEBP_CSP_MODE argb_words = MODE_BGRA;
#else
static const WEBP_CSP_MODE argb_words = MODE_ARGB;
#endif

static int decode_argb(struct bytes chunks, WebPDecoderConfig *config, uint32_t *pixels)
{
    WebPRGBABuffer *rgba = &config->output.u.RGBA;

    config->output.colorspace = argb_words;
    config->output.is_external_memory = 1;
    rgba->rgba = (uint8_t *)pixels;
    rgba->stride = config->input.width * PIXEL_BYTES;
    rgba->size = (size_t)rgba->stride * (size_t)config->input.height;
    errno = 0;
    return WebPDecode(chunks.data, chunks.size, config) == VP8_STATUS_OK ? 0 : webp_failure();
}

static void make_argb_gray(uint32_t *pixels, size_t count, bool has_alpha)
{
    const uint32_t opaque = has_alpha ? 0 : 0xff000000;

    for (size_t i = 0; i < count; i++) {
        uint32_t pixel = pixels[i];
        uint32_t gray = luma(pixel >> 16 & 0xff, pixel >> 8 & 0xff, pixel & 0xff);

        pixels[i] = (pixel & 0xff000000) | opaque | gray * 0x010101;
    }
}

static int encode_gray(const struct webp_file *file, struct image_output *output)
{
    const struct bytes chunks = file->chunks;
    _cleanup_free_ uint32_t *pixels = NULL;
    struct webp_format format = {.lossless = true};
    WebPDecoderConfig config;
    size_t count;
    int status;

    if (!WebPInitDecoderConfig(&config))
        return -EINVAL;
    if (WebPGetFeatures(chunks.data, chunks.size, &config.input) != VP8_STATUS_OK)
        return STATUS_IMAGE_CORRUPT;
    format.width = config.input.width;
    format.height = config.input.height;
    count = (size_t)format.width * (size_t)format.height;
    format.photograph = (uint64_t)file->bytes.size * 8 / BITS_OF_DRAWINGS > count;
    pixels = malloc(count * PIXEL_BYTES);
    if (pixels == NULL)
        return -ENOMEM;
    status = decode_argb(chunks, &config, pixels);
    if (status != 0)
        return status;
    make_argb_gray(pixels, count, file->alpha);
    return webp_encode_argb(&format, pixels, output);
}

int webp_gray_lossless(const struct image_plan *plan, const struct image_output_plan *planned,
                       struct bytes input, struct image_output *output)
{
    _cleanup_(webp_clear) struct webp_file file = {0};
    int status;

    if (!plan->source.lossless || !planned->lossless || (planned->steps & IMAGE_STEP_GRAY) == 0)
        return -ENOTSUP;
    status = webp_open(&file, &plan->source, input.data, input.size);
    if (status != 0)
        return status;
    return webp_is_plain(&file, true) ? encode_gray(&file, output) : -ENOTSUP;
}
