/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/cost.h"

/*
 * A rate for each way through a picture (image.c). Decoding goes by the source's pixels and bytes,
 * encoding by the result's pixels and by its bytes, for which the source's stand, as many of them as
 * the result has of the pixels. So a flat picture is as cheap as it is, and a noisy one as dear.
 *
 * Measured: pictures of 4 megapixels, flat, like photographs, and noise, with and without alpha,
 * tests/tools/image_cli gray 1, and scale 0.5, 0.9 and 1; CPU time of the machine that
 * docs/performance.md names, and the growth of the address space. tests/image/test_cost.py holds the
 * table. A way that becomes much quicker needs another row.
 */
enum way {
    JPEG_COPIED,               /* gray: the luma's own bits */
    JPEG_GRAY,                 /* ... encoded anew */
    JPEG_BASELINE,
    JPEG_PROGRESSIVE,
    JPEG_OTHER,                /* CMYK: through libvips */
    PNG,
    WEBP_LOSSY,
    WEBP_LOSSLESS_GRAY,
    WEBP_LOSSLESS,
    GIF_COPIED,                /* only its colour tables change */
    GIF,
    TIFF,
    TIFF_JPEG,                 /* what was lossy, and is written without loss */
    WAYS
};

struct rates {
    double pixel_in, pixel_out, byte_in, byte_out;
};

struct way_rates {
    struct rates ns, bytes;    /* nanoseconds, and bytes of memory */
};

/* clang-format off */
static const struct way_rates table[WAYS] = {
    [JPEG_COPIED]        = {{ 1.5,   0,  12,   0}, { 1.5,  0,  1.2, 0}},
    [JPEG_GRAY]          = {{ 3,     3,  15,  20}, { 4,    3,  1.2, 0}},
    [JPEG_BASELINE]      = {{ 1.5,   6,  10,  10}, { 1,    4,  2,   0}},
    [JPEG_PROGRESSIVE]   = {{ 4,     8,  22,  12}, { 3,    6,  2,   0}},
    [JPEG_OTHER]         = {{16,    28,  18,  18}, {10,   10,  2,   0}},
    [PNG]                = {{16,    30,  15,  25}, { 7,   12,  2,   0}},
    [WEBP_LOSSY]         = {{20,    80, 150, 600}, { 4,   14, 28,   0}},
    [WEBP_LOSSLESS_GRAY] = {{12,    15, 120,   0}, {14,    0, 11,   0}},
    [WEBP_LOSSLESS]      = {{22,    45,  40, 150}, {17,   14, 11,   0}},
    [GIF_COPIED]         = {{ 0.5,   0,   8,   0}, { 0.5,  0,  1,   0}},
    [GIF]                = {{60,   100,  60, 450}, {10,   12,  4,   0}},
    [TIFF]               = {{12,    45,  10,  35}, { 8,    8,  1,   0}},
    [TIFF_JPEG]          = {{12,   160,  20,  35}, { 8,    8,  1,   0}},
};
/* clang-format on */

enum {
    SAFETY = 2,                /* machines differ, and so do pictures */
    START_US = 500,            /* of any picture */
    DEEP = 2,                  /* a sample of 16 bits against one of 8 */
};

/* A worker at rest: code, stacks, libraries' own. */
#define WORKER_BYTES (128.0 * 1024 * 1024)

static enum way jpeg_way(const struct image_request *request, const struct image_header *header)
{
    if (header->samples != 1 && header->samples != 3)
        return JPEG_OTHER;
    if (request->operation == IMAGE_GRAY)
        return request->quality == 0 ? JPEG_COPIED : JPEG_GRAY;
    return header->progressive ? JPEG_PROGRESSIVE : JPEG_BASELINE;
}

static enum way find_way(const struct image_request *request, const struct image_header *header)
{
    bool gray = request->operation == IMAGE_GRAY;

    switch (header->format) {
    case IMAGE_JPEG:
        return jpeg_way(request, header);
    case IMAGE_WEBP:
        if (!header->lossless)
            return WEBP_LOSSY;
        return gray && header->frames == 1 ? WEBP_LOSSLESS_GRAY : WEBP_LOSSLESS;
    case IMAGE_GIF:
        return gray || request->factor >= 1 ? GIF_COPIED : GIF;
    case IMAGE_TIFF:
        return header->compression == IMAGE_TIFF_JPEG ? TIFF_JPEG : TIFF;
    default:
        return PNG;
    }
}

/* The part of its pixels that is left of a picture. */
static double part_left(const struct image_request *request)
{
    return request->operation == IMAGE_GRAY ? 1 : request->factor * request->factor;
}

static double apply(const struct rates *rates, double pixels, double bytes, double left)
{
    return pixels * (rates->pixel_in + rates->pixel_out * left) +
           bytes * (rates->byte_in + rates->byte_out * left);
}

void image_estimate(const struct image_request *request, const struct image_header *header,
                    size_t size, struct image_cost *cost)
{
    const struct way_rates *rates = &table[find_way(request, header)];
    double pixels = (double)image_pixels(header) * (header->bits == 16 ? DEEP : 1);
    double left = part_left(request);
    double time_us = START_US + SAFETY * apply(&rates->ns, pixels, (double)size, left) / 1000;
    double bytes = WORKER_BYTES + apply(&rates->bytes, pixels, (double)size, left);

    cost->time_us = time_us < (double)INT64_MAX ? (int64_t)time_us : INT64_MAX;
    cost->memory_bytes = bytes < (double)INT64_MAX ? (uint64_t)bytes : INT64_MAX;
}
