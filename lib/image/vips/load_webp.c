/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load_webp.h"

/* A still image is decoded here, from the chunks that were found to be its own; an animation by
 * libvips, which lays frames over one another. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/vips/image.h"
#include "image/webp/file.h"

#include <errno.h>
#include <webp/decode.h>
#include <webp/encode.h>

static void free_memory(VipsImage *image, void *memory)
{
    (void)image;
    free(memory);
}

/* Into `samples`, which are width * bands bytes a row. */
static int decode_rgb(const struct webp_file *file, uint8_t *samples, size_t size, int stride)
{
    WebPDecoderConfig config;

    if (!WebPInitDecoderConfig(&config))
        return -EINVAL;
    config.output.colorspace = file->alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = samples;
    config.output.u.RGBA.stride = stride;
    config.output.u.RGBA.size = size;
    errno = 0;
    return WebPDecode(file->chunks.data, file->chunks.size, &config) == VP8_STATUS_OK
               ? 0
               : webp_failure();
}

static int load_still(const struct image_header *header, const struct webp_file *file,
                      VipsImage **image)
{
    const int bands = file->alpha ? 4 : 3;
    const size_t row_bytes = (size_t)header->width * (size_t)bands,
                 size = row_bytes * header->height;
    _cleanup_free_ uint8_t *samples = malloc(size);
    int status;

    if (samples == NULL)
        return -ENOMEM;
    status = decode_rgb(file, samples, size, (int)row_bytes);
    if (status != 0)
        return status;
    *image = vips_image_new_from_memory(samples, size, (int)header->width, (int)header->height,
                                        bands, VIPS_FORMAT_UCHAR);
    if (*image == NULL)
        return -1;
    (*image)->Type = VIPS_INTERPRETATION_sRGB;
    g_signal_connect(*image, "postclose", G_CALLBACK(free_memory), TAKE_PTR(samples));
    return 0;
}

/* libvips shows a frame of less than 11 ms for 100: the file's own times are put back. */
static int load_animation(const struct image_header *header, uint32_t frames,
                          struct webp_file *file, VipsImage **image)
{
    _cleanup_free_ int *delays = malloc(frames * sizeof(*delays));
    void *bytes = (void *)(uintptr_t)file->bytes.data; /* not written to */

    if (delays == NULL)
        return -ENOMEM;
    if (header->width > WEBP_MAX_DIMENSION || header->height > WEBP_MAX_DIMENSION)
        return STATUS_IMAGE_TOO_LARGE; /* a canvas can be, but no frame that fills it */
    if (vips_webpload_buffer(bytes, file->bytes.size, image, "n", (int)frames, "access",
                             VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_WARNING, NULL))
        return -1;
    if (file->repaired != NULL)
        g_signal_connect(*image, "postclose", G_CALLBACK(free_memory), TAKE_PTR(file->repaired));
    webp_read_delays(file, delays, frames);
    if (image_own(image))
        return -1;
    vips_image_set_array_int(*image, "delay", delays, (int)frames);
    return 0;
}

int webp_load(const struct image_header *header, uint32_t frames, const uint8_t *input, size_t size,
              VipsImage **image)
{
    _cleanup_(webp_clear) struct webp_file file;
    int status = webp_open(&file, header, input, size);

    if (status == 0)
        status = file.animated ? load_animation(header, frames, &file, image)
                               : load_still(header, &file, image);
    if (status == 0)
        status = image_set_profile(image, file.profile.data, file.profile.size);
    if (status == 0)
        vips_image_set_int(*image, VIPS_META_ORIENTATION, (int)file.orientation);
    return status;
}
