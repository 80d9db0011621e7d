/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/vips/convert.h"
#include "image/vips/gray.h"
#include "image/vips/image.h"

enum { STRIP_ROWS = 16 };

/* The saver of each format; it returns 0 or an enum status or -errno. */
typedef int saver(VipsImage *image, const struct save_options *options,
                  struct memory_target *memory);

static saver *const savers[IMAGE_FORMAT_COUNT] = {
    [IMAGE_JPEG] = save_jpeg, [IMAGE_PNG] = save_png,   [IMAGE_WEBP] = save_webp,
    [IMAGE_TIFF] = save_tiff, [IMAGE_AVIF] = save_avif, [IMAGE_GIF] = save_gif,
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

/* Inks are not for screens: they stay only where they were, or in a TIFF. */
static bool holds_inks(const struct image_output_plan *planned, const struct image_header *source)
{
    return planned->format == IMAGE_TIFF ||
           (planned->format == IMAGE_JPEG && source->format == IMAGE_JPEG);
}

static int drop_bands(VipsImage **image, int bands)
{
    VipsImage *out;

    if ((*image)->Bands <= bands)
        return 0;
    return vips_extract_band(*image, &out, 0, "n", bands, NULL) ? -1 : image_replace(image, out);
}

int save_prepare(VipsImage **image, const struct image_output_plan *planned,
                 const struct image_header *source)
{
    const bool inks = (*image)->Type == VIPS_INTERPRETATION_CMYK;
    const bool lab = (*image)->Type == VIPS_INTERPRETATION_LABS;
    int colours, status = 0;

    if (planned->format == IMAGE_TIFF)
        return lab && source->bits == 8 ? convert_lab_to_8_bits(image) : 0;
    if (lab || (inks && !holds_inks(planned, source)))
        status = rgb_step(image);
    colours = (*image)->Type == VIPS_INTERPRETATION_CMYK ? 4 : (*image)->Bands >= 3 ? 3 : 1;
    if (status == 0)
        status = drop_bands(image, planned->format == IMAGE_JPEG ? colours : colours + 1);
    if (status == 0 && planned->format != IMAGE_PNG && planned->format != IMAGE_AVIF)
        status = convert_to_8_bits(image);
    return status;
}

int save_image(VipsImage *image, const struct save_options *options, struct image_output *output)
{
    struct memory_target memory = {.output = output};
    int status;

    output->format = options->planned->format;
    status = savers[output->format](image, options, &memory);
    if (status == 0 && !memory.overflow) /* libtiff writes on after a failed seek */
        return 0;
    output->size = 0;
    return memory.overflow ? STATUS_IMAGE_TOO_LARGE : status;
}
