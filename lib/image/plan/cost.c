/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/cost.h"

/*
 * Rates for each class of work. Decoding goes by the source's pixels and bytes,
 * encoding by the result's pixels and by its bytes, for which the source's stand, as many of them
 * as the result has of the pixels. So a flat image is as cheap as it is, and a noisy one as
 * expensive.
 *
 * Measured: images of 1 to 100 megapixels, flat, like photographs, and noise, with and without
 * alpha, tests/tools/image_cli gray 1, and scale 0.5, 0.95 and 1; CPU time of the machine that
 * docs/performance.md names while it was busy, and the growth of the address space. A rate is that
 * of the most expensive kind: an image may cost less, but what takes longer takes less than twice
 * as long (tests/image/test_cost.py, which also says how quick "the machine" is). A class in which
 * a path becomes much quicker needs another row.
 */
enum cost_class {
    JPEG_COPIED, /* gray: the luma's own bits */
    JPEG_GRAY,   /* ... encoded anew */
    JPEG_BASELINE,
    JPEG_PROGRESSIVE,
    JPEG_OTHER, /* CMYK, RGB: through libvips */
    JPEG_OTHER_PROGRESSIVE,
    JPEG_ARITHMETIC, /* through libvips, whatever it holds */
    PNG,
    WEBP_LOSSY,
    WEBP_LOSSLESS_GRAY,
    WEBP_LOSSLESS,
    WEBP_LOSSLESS_ANIMATION,
    GIF_COPIED, /* only its colour tables change */
    GIF_STILL,
    GIF_ANIMATION,
    TIFF,
    TIFF_JPEG, /* what was lossy, and is written without loss */
    AVIF_AS_AVIF,
    HEIC_AS_JPEG,
    COST_CLASSES
};

struct rates {
    double pixel_in, pixel_out, byte_in, byte_out;
};

struct class_rates {
    struct rates ns, bytes; /* nanoseconds, and bytes of memory */
    bool by_samples;        /* pixel_in and pixel_out are for each of a pixel's samples */
};

/* clang-format off */
static const struct class_rates table[COST_CLASSES] = {
    [JPEG_COPIED]             = {{ 1.5,    0,   12,    0}, { 1.5,    0,  1.2,  0}, false},
    [JPEG_GRAY]               = {{   3,    3,   15,   20}, {   4,    3,  1.2,  0}, false},
    [JPEG_BASELINE]           = {{ 1.5,    6,   10,   10}, {   1,    4,    2,  0}, false},
    [JPEG_PROGRESSIVE]        = {{   5,   10,   28,   12}, {   3,    6,    2,  0}, false},
    [JPEG_OTHER]              = {{  26,   34,   20,   20}, {  10,   10,    2,  0}, false},
    [JPEG_OTHER_PROGRESSIVE]  = {{  45,   20,   40,   10}, {  13,   10,    2,  0}, false},
    [JPEG_ARITHMETIC]         = {{  26,   32,  210,   25}, {  13,   10,    2,  0}, false},
    [PNG]                     = {{   4,   11,   15,   25}, { 1.5,  2.4,    2,  0}, true},
    [WEBP_LOSSY]              = {{  22,   72,  150,  600}, {   4,   14,   28,  0}, false},
    [WEBP_LOSSLESS_GRAY]      = {{  12,   15,  120,    0}, {  19,    0,   11,  0}, false},
    [WEBP_LOSSLESS]           = {{  22,   45,   50,  240}, {   8,   40,    4,  0}, false},
    [WEBP_LOSSLESS_ANIMATION] = {{  22,   45,   50,  240}, {   9,   40,    4,  0}, false},
    [GIF_COPIED]              = {{ 0.5,    0,    8,    0}, {   1,    0,    1,  0}, false},
    [GIF_STILL]               = {{  58,   68,    4,   50}, {   6,    6,    1,  0}, false},
    [GIF_ANIMATION]           = {{  15,   45,    2,  135}, {   6,    6,    1,  0}, false},
    [TIFF]                    = {{   4,   11,   10,   35}, {   2,    2,    1,  0}, true},
    [TIFF_JPEG]               = {{   4,   55,   20,   35}, {   2,    2,    1,  0}, true},
    [AVIF_AS_AVIF]            = {{  70,  330,  220,  700}, {  12,   40,    4,  0}, false},
    [HEIC_AS_JPEG]            = {{  70,   25,  230,   20}, {  16,    6,    4,  0}, false},
};
/* clang-format on */

enum {
    START_US = 300,            /* of any image */
    PALETTE_PIXELS = 512,      /* what a new palette of a GIF's frame costs, in pixels of it */
    PALETTES_US = 3500 * 1000, /* no more: then the effort for them is used up (gif/frames.c) */
    SAMPLES_UNKNOWN = 4,
};

/* A sample of 16 bits against one of 8, as it is and where the image is resized. */
static const double deep = 1.6, deep_resized = 3.6;
/* A pixel of a frame that needs a new palette. */
static const double palette_us = 1.1;

/* A worker at rest: code, stacks, libraries' own. */
#define WORKER_BYTES (128.0 * 1024 * 1024)

static enum cost_class jpeg_class(const struct image_output_plan *output,
                                  const struct image_header *header)
{
    if (header->arithmetic)
        return JPEG_ARITHMETIC;
    if ((header->samples != 1 && header->samples != 3) || header->rgb)
        return header->progressive ? JPEG_OTHER_PROGRESSIVE : JPEG_OTHER;
    if (output->steps == IMAGE_STEP_GRAY)
        return JPEG_COPIED;
    if (output->steps == (IMAGE_STEP_GRAY | IMAGE_STEP_ENCODE))
        return JPEG_GRAY;
    return header->progressive ? JPEG_PROGRESSIVE : JPEG_BASELINE;
}

static enum cost_class find_class(const struct image_output_plan *output,
                                  const struct image_header *header)
{
    const bool gray = (output->steps & IMAGE_STEP_GRAY) != 0;
    const bool resize = (output->steps & IMAGE_STEP_RESIZE) != 0;

    switch (header->format) {
    case IMAGE_JPEG:
        return jpeg_class(output, header);
    case IMAGE_WEBP:
        if (!header->lossless)
            return WEBP_LOSSY;
        if (header->frames > 1)
            return WEBP_LOSSLESS_ANIMATION;
        return gray && !resize ? WEBP_LOSSLESS_GRAY : WEBP_LOSSLESS;
    case IMAGE_GIF:
        if (!resize)
            return GIF_COPIED;
        return header->frames == 1 ? GIF_STILL : GIF_ANIMATION;
    case IMAGE_TIFF:
        return header->compression == IMAGE_TIFF_JPEG ? TIFF_JPEG : TIFF;
    case IMAGE_AVIF:
        return AVIF_AS_AVIF;
    case IMAGE_HEIC:
        return HEIC_AS_JPEG;
    default:
        return PNG;
    }
}

/* The part of its pixels or samples that is left of an image. Gray leaves one sample, or two where
 * there may be alpha. */
static double part_left(const struct image_output_plan *output, const struct image_header *header,
                        double samples)
{
    const double pixels =
        (double)output->size.width * output->size.height / ((double)header->width * header->height);

    return (output->steps & IMAGE_STEP_GRAY) != 0 && samples >= 2 ? pixels / 2 : pixels;
}

/* What a sample of 16 bits counts for. */
static double depth_factor(const struct image_output_plan *output,
                           const struct image_header *header)
{
    if (header->bits != 16)
        return 1;
    return (output->steps & IMAGE_STEP_RESIZE) != 0 ? deep_resized : deep;
}

static double apply(const struct rates *rates, double pixels_in, double pixels_out, double bytes,
                    double left)
{
    return pixels_in * rates->pixel_in + pixels_out * rates->pixel_out * left +
           bytes * (rates->byte_in + rates->byte_out * left);
}

static double palettes_us(enum cost_class class, const struct image_header *header, double pixels,
                          double left)
{
    double us = palette_us * (pixels * left + PALETTE_PIXELS * (double)header->frames);

    if (class != GIF_ANIMATION)
        return 0;
    return us < PALETTES_US ? us : PALETTES_US;
}

/* What is in memory at one time: frames are encoded, and a GIF's drawn, one after the other. */
static double bytes_held(enum cost_class class, const struct image_header *header, double all,
                         double size, double left)
{
    bool gif = class == GIF_ANIMATION || class == GIF_COPIED;
    double one = gif || class == WEBP_LOSSLESS_ANIMATION ? all / header->frames : all;

    return WORKER_BYTES + apply(&table[class].bytes, gif ? one : all, one, size, left);
}

static void estimate_output(const struct image_output_plan *output,
                            const struct image_header *header, double size, double *time_us,
                            double *bytes)
{
    enum cost_class class = find_class(output, header);
    const struct class_rates *rates = &table[class];
    double samples = !rates->by_samples    ? 1
                     : header->samples > 0 ? header->samples
                                           : SAMPLES_UNKNOWN;
    double all = (double)image_pixels(header) * samples;
    double left = part_left(output, header, samples);
    double worked_through = all * depth_factor(output, header);

    *time_us = START_US + palettes_us(class, header, all, left) +
               apply(&rates->ns, worked_through, worked_through, size, left) / 1000;
    *bytes = bytes_held(class, header, all, size, left);
}

void image_estimate(const struct image_plan *plan, size_t size, struct image_cost *cost)
{
    double time_us = 0, bytes = 0;

    for (unsigned i = 0; i < plan->count; i++) {
        double its_us, its_bytes;

        estimate_output(&plan->outputs[i], &plan->source, (double)size, &its_us, &its_bytes);
        time_us += its_us;
        bytes = its_bytes > bytes ? its_bytes : bytes;
    }
    cost->time_us = time_us < (double)INT64_MAX ? (int64_t)time_us : INT64_MAX;
    cost->memory_bytes = bytes < (double)INT64_MAX ? (uint64_t)bytes : INT64_MAX;
}
