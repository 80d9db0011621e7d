/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "image/png/encode.h"

#include <errno.h>

/* PNG: by png_encode, strip by strip as libvips computes them; by libvips' own saver, which holds
 * less in memory, where a picture is too large for that. */
enum { STRIP_ROWS = 16, ZLIB_LEVEL = 1 };

static void cleanup_encoder(struct png_encoder **encoder)
{
    png_encoder_free(*encoder);
}

static void cleanup_region(VipsRegion **region)
{
    VIPS_UNREF(*region);
}

static int save_by_libvips(VipsImage *image, int bits, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    int result;

    if (target == NULL)
        return -1;
    result = vips_pngsave_target(image, target, "compression", ZLIB_LEVEL, "filter",
                                 VIPS_FOREIGN_PNG_FILTER_UP, "bitdepth", bits, NULL);
    g_object_unref(target);
    return result ? -1 : 0;
}

static int put_rows(VipsImage *image, struct png_encoder *encoder)
{
    _cleanup_(cleanup_region) VipsRegion *region = vips_region_new(image);
    VipsRect strip = {0, 0, image->Xsize, STRIP_ROWS};

    if (region == NULL || vips_image_pio_input(image))
        return -1;
    for (; strip.top < image->Ysize; strip.top += STRIP_ROWS) {
        strip.height = VIPS_MIN(STRIP_ROWS, image->Ysize - strip.top);
        if (vips_region_prepare(region, &strip))
            return -1;
        for (int y = strip.top; y < strip.top + strip.height; y++)
            png_encoder_row(encoder, VIPS_REGION_ADDR(region, 0, y));
    }
    return 0;
}

int save_png(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    _cleanup_(cleanup_encoder) struct png_encoder *encoder = NULL;
    struct png_format format = {
        .width = (uint32_t)image->Xsize,
        .height = (uint32_t)image->Ysize,
        .bands = (unsigned)image->Bands,
        .bits = image->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8,
    };

    if (options->bits != 0)
        format.bits = (unsigned)options->bits;
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0 &&
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &format.profile, &format.profile_size))
        return -1;
    if (!png_encoder_takes(&format))
        return save_by_libvips(image, (int)format.bits, memory);
    if ((encoder = png_encoder_new(&format)) == NULL)
        return -ENOMEM;
    if (put_rows(image, encoder))
        return -1;
    return png_encoder_finish(encoder, memory->output);
}
