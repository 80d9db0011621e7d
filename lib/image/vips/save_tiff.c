/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

/*
 * TIFF: compressed like the source if that can hold the result; with deflate if not, and for
 * uncommon compressions.
 */
static VipsForeignTiffCompression compression(VipsImage *image, const struct save_options *options)
{
    switch (options->header->compression) {
    case IMAGE_TIFF_PLAIN:
        return VIPS_FOREIGN_TIFF_COMPRESSION_NONE;
    case IMAGE_TIFF_LZW:
        return VIPS_FOREIGN_TIFF_COMPRESSION_LZW;
    case IMAGE_TIFF_PACKBITS:
        return VIPS_FOREIGN_TIFF_COMPRESSION_PACKBITS;
    case IMAGE_TIFF_ZSTD:
        return VIPS_FOREIGN_TIFF_COMPRESSION_ZSTD;
    case IMAGE_TIFF_FAX3:
    case IMAGE_TIFF_FAX4:
        if (options->bits == 1)
            return VIPS_FOREIGN_TIFF_COMPRESSION_CCITTFAX4;
        return VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE;
    case IMAGE_TIFF_JPEG: /* lossy again: values of the source itself are kept losslessly */
        if (options->reduced && image->BandFmt == VIPS_FORMAT_UCHAR &&
            (image->Bands == 1 || image->Bands == 3))
            return VIPS_FOREIGN_TIFF_COMPRESSION_JPEG;
        return VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE;
    default:
        return VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE;
    }
}

/* libvips packs the last of an odd number of 4-bit samples wrongly: those get 8. */
static int choose_bits(VipsImage *image, const struct save_options *options)
{
    return options->bits == 4 && image->Xsize % 2 != 0 ? 0 : options->bits;
}

int save_tiff(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    VipsForeignTiffPredictor predictor = VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL;
    int status, bits = choose_bits(image, options);

    if (target == NULL)
        return -1;
    if (bits != 0)
        predictor = VIPS_FOREIGN_TIFF_PREDICTOR_NONE; /* only whole bytes have one */
    status =
        vips_tiffsave_target(image, target, "compression", compression(image, options), "predictor",
                             predictor, "Q", options->quality, "bitdepth", bits, NULL);
    g_object_unref(target);
    return status;
}
