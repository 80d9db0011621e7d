/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "image/png/encode.h"
#include "image/vips/image.h"

#include <errno.h>

/* PNG: by our own encoder, strip by strip as libvips computes them; by libvips' saver, which holds
 * less in memory, if the image is too large for that. */
enum { ZLIB_LEVEL = 1 };

/* libdeflate's for each effort. */
static const int levels[IMAGE_EFFORT_MAX + 1] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12};

static void cleanup_encoder(struct png_encoder **encoder)
{
    png_encoder_free(*encoder);
}

static int save_by_libvips(VipsImage *image, int bits, bool interlace, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    int status;

    if (target == NULL)
        return -1;
    status = vips_pngsave_target(image, target, "compression", ZLIB_LEVEL, "filter",
                                 VIPS_FOREIGN_PNG_FILTER_UP, "bitdepth", bits, "interlace",
                                 (gboolean)interlace, NULL);
    g_object_unref(target);
    return status;
}

static void add_png_row(void *encoder, const void *row)
{
    png_encoder_row(encoder, row);
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
    format.profile = image_profile(image, &format.profile_size);
    if (options->planned->effort >= 0)
        format.level = (unsigned)levels[options->planned->effort];
    if (options->planned->progressive || !png_encoder_takes(&format))
        return save_by_libvips(image, (int)format.bits, options->planned->progressive, memory);
    if ((encoder = png_encoder_new(&format)) == NULL)
        return -ENOMEM;
    if (save_rows(image, 0, image->Ysize, add_png_row, encoder))
        return -1;
    return png_encoder_finish(encoder, memory->output);
}
