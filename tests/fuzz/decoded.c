/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/decoded.h"

#include "image/jpeg/jpeg.h"
#include "image/vips/image.h"
#include "image/vips/load.h"
#include "tests/fuzz/image_input.h"
#include "tests/support/requests.h"

#include <stdlib.h>

/* By libnsgif, which the image code has no use for, and so has blocked. */
static int load_gif(const uint8_t *data, size_t size, VipsImage **image)
{
    vips_operation_block_set("VipsForeignLoadNsgif", FALSE);
    return vips_gifload_buffer((void *)(uintptr_t)data, size, image, "n", -1, "fail_on",
                               VIPS_FAIL_ON_WARNING, NULL);
}

static bool load(const uint8_t *data, size_t size, VipsImage **image)
{
    const struct image_request request = gray_request();
    const struct bytes input = {data, size};
    char detail[IMAGE_DETAIL_BYTES];
    struct image_header header;
    struct image_plan plan;

    if (image_read_header(data, size, &header) != 0 || image_pixels(&header) > INPUT_MAX_PIXELS)
        return false;
    if (header.format == IMAGE_GIF)
        return load_gif(data, size, image) == 0;
    if (image_plan(&plan, &request, &header, detail) != 0)
        return false;
    if (header.format == IMAGE_JPEG && jpeg_open(&plan, input, detail) != 0)
        return false;
    return load_image(&plan, &plan.outputs[0], input, image, detail) == 0;
}

static bool is_gray(const VipsImage *image)
{
    return image->Type == VIPS_INTERPRETATION_B_W || image->Type == VIPS_INTERPRETATION_GREY16;
}

static bool is_plain(VipsImage *image)
{
    const VipsInterpretation type = image->Type;

    return (is_gray(image) || type == VIPS_INTERPRETATION_sRGB || type == VIPS_INTERPRETATION_RGB ||
            type == VIPS_INTERPRETATION_RGB16) &&
           vips_image_get_typeof(image, VIPS_META_ICC_NAME) == 0 &&
           vips_image_get_orientation(image) == 1;
}

bool decoded_read(struct decoded *decoded, const uint8_t *data, size_t size)
{
    _cleanup_image_ VipsImage *image = NULL;

    *decoded = (struct decoded){0};
    if (load(data, size, &image)) {
        decoded->width = image->Xsize;
        decoded->height = image->Ysize;
        decoded->bands = image->Bands;
        decoded->colours = is_gray(image) ? 1 : 3;
        decoded->frames = image->Ysize / vips_image_get_page_height(image);
        decoded->deep = image->BandFmt == VIPS_FORMAT_USHORT;
        decoded->plain = is_plain(image);
        decoded->samples = vips_image_write_to_memory(image, &decoded->size);
    }
    vips_error_clear();
    return decoded->samples != NULL;
}

void decoded_clear(struct decoded *decoded)
{
    g_free(decoded->samples);
    *decoded = (struct decoded){0};
}

unsigned decoded_sample(const struct decoded *decoded, size_t pixel, int band)
{
    size_t at = pixel * (size_t)decoded->bands + (size_t)band;

    return decoded->deep ? ((const uint16_t *)decoded->samples)[at]
                         : ((const uint8_t *)decoded->samples)[at];
}

bool decoded_is_gray(const struct decoded *decoded, int tolerance)
{
    const uint8_t *pixel = decoded->samples;
    size_t pixels = (size_t)decoded->width * (size_t)decoded->height;

    if (decoded->bands <= 2)
        return true;
    for (; !decoded->deep && pixels > 0; pixels--, pixel += decoded->bands) {
        if (abs(pixel[0] - pixel[1]) > tolerance || abs(pixel[1] - pixel[2]) > tolerance)
            return false;
    }
    return !decoded->deep;
}
