/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp/encode.h"

#include "base/status.h"

#include <errno.h>
#include <string.h>
#include <webp/encode.h>
#include <webp/mux.h>

/* libwebp takes pixels as ARGB or as planes of Y, U and V; gray needs no conversion to the latter.
 */
enum { METHOD = 4 };

/*
 * How much a lossless encoder searches. Compared with method 4 and effort 80, measured on
 * photographs and on images of text and shapes: resized photographs take a quarter of the CPU and 1
 * to 6 % more bytes, gray ones a third and no more bytes; drawings, where effort 20 would cost 50 %
 * more bytes, nearly all of both.
 *
 * Images with few bits a pixel that are not drawings (noise of few colours, specks) take 0.4
 * microseconds a pixel at effort 75, and several in a large image, where the search leaves the
 * caches: beyond a few megapixels the effort is what a deadline has time for.
 */
struct lossless_effort {
    int method, effort;
};

enum { DRAWING_PIXELS = 2100000, LARGE_PIXELS = 16000000 };

/* libwebp's methods are 0 to 6. */
static int method_of(int effort)
{
    return ((effort - 1) * 6 + 4) / 9;
}

static struct lossless_effort choose_effort(const struct webp_format *format)
{
    int64_t pixels = (int64_t)format->width * format->height;

    if (format->effort >
        0) /* up to 99: 100 takes several times as long, for less than 1 % of bytes */
        return (struct lossless_effort){method_of(format->effort), (format->effort - 1) * 11};
    if (!format->photograph && format->reduced && pixels > LARGE_PIXELS)
        return (struct lossless_effort){.method = 0, .effort = 0};
    if (format->photograph || (format->reduced && pixels > DRAWING_PIXELS))
        return (struct lossless_effort){.method = format->reduced ? 2 : 4, .effort = 20};
    return (struct lossless_effort){.method = format->reduced ? 2 : 4, .effort = 75};
}

/* libwebp's own Y of a gray value: 8 bits to 16..235 (BT.601). */
static uint8_t studio_luma(unsigned gray)
{
    return (uint8_t)((56318 * gray + (16 << 16) + (1 << 15)) >> 16);
}

static int fill_gray_planes(const struct webp_format *format, const uint8_t *samples,
                            WebPPicture *frame)
{
    frame->colorspace = format->bands == 2 ? WEBP_YUV420A : WEBP_YUV420;
    if (!WebPPictureAlloc(frame))
        return -ENOMEM;
    for (int y = 0; y < format->height; y++) {
        uint8_t *luma = frame->y + (ptrdiff_t)y * frame->y_stride;

        for (int x = 0; x < format->width; x++)
            luma[x] = studio_luma(samples[x * format->bands]);
        for (int x = 0; format->bands == 2 && x < format->width; x++)
            frame->a[(ptrdiff_t)y * frame->a_stride + x] = samples[x * 2 + 1];
        samples += (size_t)format->width * (size_t)format->bands;
    }
    for (int y = 0; y < (format->height + 1) / 2; y++) {
        memset(frame->u + (ptrdiff_t)y * frame->uv_stride, 128, ((size_t)format->width + 1) / 2);
        memset(frame->v + (ptrdiff_t)y * frame->uv_stride, 128, ((size_t)format->width + 1) / 2);
    }
    return 0;
}

static int fill_gray_argb(const struct webp_format *format, const uint8_t *samples,
                          WebPPicture *frame)
{
    if (!WebPPictureAlloc(frame))
        return -ENOMEM;
    for (int y = 0; y < format->height; y++) {
        uint32_t *row = frame->argb + (ptrdiff_t)y * frame->argb_stride;

        for (int x = 0; x < format->width; x++) {
            uint32_t alpha = format->bands == 2 ? samples[x * 2 + 1] : 255;

            row[x] = alpha << 24 | samples[x * format->bands] * 0x010101u;
        }
        samples += (size_t)format->width * (size_t)format->bands;
    }
    return 0;
}

static int fill_frame(const struct webp_format *format, const uint8_t *samples, WebPPicture *frame)
{
    int stride = format->width * format->bands;

    frame->use_argb = format->lossless;
    if (format->bands <= 2 && format->lossless)
        return fill_gray_argb(format, samples, frame);
    if (format->bands <= 2)
        return fill_gray_planes(format, samples, frame);
    if (format->bands == 3)
        return WebPPictureImportRGB(frame, samples, stride) ? 0 : -ENOMEM;
    return WebPPictureImportRGBA(frame, samples, stride) ? 0 : -ENOMEM;
}

/* libwebp does not always say that it was the writer that failed. */
struct output_writer {
    struct image_output *output;
    bool overflow;
};

static int write_output(const uint8_t *bytes, size_t size, const WebPPicture *frame)
{
    struct output_writer *writer = frame->custom_ptr;
    struct image_output *output = writer->output;

    if (size > output->capacity - output->size) {
        writer->overflow = true;
        return 0;
    }
    memcpy(output->data + output->size, bytes, size);
    output->size += size;
    return 1;
}

/* The encoder of alpha fails without an error code if memory is short. */
static int failure(WebPEncodingError error)
{
    if (error == VP8_ENC_ERROR_OUT_OF_MEMORY || error == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY ||
        errno == ENOMEM)
        return -ENOMEM;
    return error == VP8_ENC_ERROR_BAD_DIMENSION ? STATUS_IMAGE_TOO_LARGE : -EINVAL;
}

static int encode_frame(const struct webp_format *format, WebPPicture *frame,
                        struct image_output *output)
{
    struct output_writer writer = {.output = output};
    WebPConfig config;

    output->size = 0;
    frame->writer = write_output;
    /* cppcheck-suppress autoVariables ; the encoder is done when this function returns */
    frame->custom_ptr = &writer;
    if (!WebPConfigInit(&config))
        return -EINVAL;
    config.method = format->effort > 0 ? method_of(format->effort) : METHOD;
    config.quality = (float)format->quality;
    if (format->lossless) {
        struct lossless_effort chosen = choose_effort(format);

        config.method = chosen.method;
        config.quality = (float)chosen.effort;
    }
    config.lossless = format->lossless;
    config.exact = format->lossless && !format->reduced;
    errno = 0;
    if (WebPEncode(&config, frame))
        return 0;
    return writer.overflow ? STATUS_IMAGE_TOO_LARGE : failure(frame->error_code);
}

/* A WebPPicture of that size, without pixels yet. False: libwebp has another version. */
static bool begin_frame(const struct webp_format *format, WebPPicture *frame)
{
    if (!WebPPictureInit(frame))
        return false;
    frame->width = format->width;
    frame->height = format->height;
    return true;
}

int webp_encode(const struct webp_format *format, const uint8_t *samples,
                struct image_output *output)
{
    WebPPicture frame;
    int status;

    if (!begin_frame(format, &frame))
        return -EINVAL;
    status = fill_frame(format, samples, &frame);
    if (status == 0)
        status = encode_frame(format, &frame, output);
    WebPPictureFree(&frame);
    return status;
}

int webp_encode_raster(const struct webp_format *format, const struct raster *raster,
                       struct image_output *output)
{
    const struct plane *planes = raster->planes;
    struct webp_format sized = *format;
    WebPPicture frame;
    int status;

    sized.width = (int)raster->width;
    sized.height = (int)raster->height;
    if (!begin_frame(&sized, &frame))
        return -EINVAL;
    frame.colorspace = raster->alpha ? WEBP_YUV420A : WEBP_YUV420;
    frame.y = planes[RASTER_LUMA].data;
    frame.u = planes[RASTER_CB].data;
    frame.v = planes[RASTER_CR].data;
    frame.a = raster->alpha ? planes[RASTER_ALPHA].data : NULL;
    frame.y_stride = (int)planes[RASTER_LUMA].pitch;
    frame.uv_stride = (int)planes[RASTER_CB].pitch;
    frame.a_stride = (int)planes[RASTER_ALPHA].pitch;
    status = encode_frame(&sized, &frame, output);
    WebPPictureFree(&frame); /* frees what the encoder added; the planes are not its own */
    return status;
}

int webp_encode_argb(const struct webp_format *format, uint32_t *pixels,
                     struct image_output *output)
{
    WebPPicture frame;
    int status;

    if (!begin_frame(format, &frame))
        return -EINVAL;
    frame.use_argb = true;
    frame.argb = pixels;
    frame.argb_stride = format->width;
    status = encode_frame(format, &frame, output);
    WebPPictureFree(&frame); /* as there */
    return status;
}

static int copy_out(const WebPData *file, struct image_output *output)
{
    if (file->size > output->capacity)
        return STATUS_IMAGE_TOO_LARGE;
    memcpy(output->data, file->bytes, file->size);
    output->size = file->size;
    return 0;
}

int webp_set_chunk(const char *name, const void *data, size_t size, struct image_output *output)
{
    WebPData file = {output->data, output->size}, chunk = {data, size};
    WebPMux *mux = WebPMuxCreate(&file, 0);
    int status = -ENOMEM;

    WebPDataInit(&file);
    if (mux != NULL) {
        if (WebPMuxSetChunk(mux, name, &chunk, 0) == WEBP_MUX_OK &&
            WebPMuxAssemble(mux, &file) == WEBP_MUX_OK)
            status = copy_out(&file, output);
    }
    WebPDataClear(&file);
    WebPMuxDelete(mux);
    return status;
}

int webp_set_profile(const void *profile, size_t size, struct image_output *output)
{
    return webp_set_chunk("ICCP", profile, size, output);
}
