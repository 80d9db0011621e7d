/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "base/status.h"

enum { STRIP_ROWS = 16 };

/* The saver of each format; it returns 0 or an enum status or -errno. */
typedef int saver(VipsImage *image, const struct save_options *options,
                  struct memory_target *memory);

static saver *const savers[IMAGE_FORMAT_COUNT] = {
    [IMAGE_JPEG] = save_jpeg, [IMAGE_PNG] = save_png,   [IMAGE_WEBP] = save_webp,
    [IMAGE_TIFF] = save_tiff, [IMAGE_AVIF] = save_avif,
};

static void cleanup_region(VipsRegion **region)
{
    VIPS_UNREF(*region);
}

int save_rows(VipsImage *image, int top, int count, save_row *take, void *argument)
{
    _cleanup_(cleanup_region) VipsRegion *region = vips_region_new(image);
    VipsRect strip = {0, top, image->Xsize, STRIP_ROWS};

    if (region == NULL || vips_image_pio_input(image))
        return -1;
    for (; strip.top < top + count; strip.top += STRIP_ROWS) {
        strip.height = VIPS_MIN(STRIP_ROWS, top + count - strip.top);
        if (vips_region_prepare(region, &strip))
            return -1;
        for (int y = strip.top; y < strip.top + strip.height; y++)
            take(argument, VIPS_REGION_ADDR(region, 0, y));
    }
    return 0;
}

int save_image(VipsImage *image, const struct save_options *options, struct image_output *output)
{
    struct memory_target memory = {.output = output};
    int status;

    output->format = image_result_format(options->header->format);
    status = savers[output->format](image, options, &memory);
    if (status == 0 && !memory.overflow) /* libtiff writes on after a failed seek */
        return 0;
    output->size = 0;
    return memory.overflow ? STATUS_IMAGE_TOO_LARGE : status;
}
