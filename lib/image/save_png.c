/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/save.h"

/* PNG: zlib's level 6 without row filters, as most image servers have it. */
enum { PNG_COMPRESSION = 6 };

int save_png(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    int bits = options->bits;
    int result;

    if (target == NULL)
        return -1;
    if (bits == 0)
        bits = image->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8;
    result = vips_pngsave_target(image, target, "compression", PNG_COMPRESSION, "filter",
                                 VIPS_FOREIGN_PNG_FILTER_NONE, "bitdepth", bits, NULL);
    g_object_unref(target);
    return result ? -1 : 0;
}
