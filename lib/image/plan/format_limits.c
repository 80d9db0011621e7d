/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/format_limits.h"

uint32_t format_side_max(enum image_format format)
{
    switch (format) {
    case IMAGE_WEBP:
        return 16383;
    case IMAGE_JPEG:
    case IMAGE_GIF:
        return 65535;
    case IMAGE_AVIF:
        return 65536;
    default:
        return INT32_MAX;
    }
}

bool format_fits(enum image_format format, struct image_size size)
{
    return size.width <= format_side_max(format) && size.height <= format_side_max(format);
}

bool format_has_animation(enum image_format format)
{
    return format == IMAGE_WEBP || format == IMAGE_GIF || format == IMAGE_TIFF;
}

bool format_has_alpha(enum image_format format)
{
    return format != IMAGE_JPEG;
}

enum image_format format_choose(const struct image_request *request,
                                const struct image_encoding *encoding,
                                const struct image_header *header, struct image_size size)
{
    const bool animated = header->frames > 1 && encoding->still == 0;

    for (int i = 0; i < IMAGE_AUTO_MAX && encoding->auto_formats[i] != IMAGE_NONE; i++) {
        const enum image_format format = encoding->auto_formats[i];

        if (animated && !format_has_animation(format))
            continue;
        if (format == IMAGE_AVIF && (uint64_t)size.width * size.height > request->avif_max_pixels)
            continue;
        if (format_fits(format, size))
            return format;
    }
    return image_result_format(header->format);
}
