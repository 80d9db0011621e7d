/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/cost.h"

#include <math.h>

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
    JPEG_TURNED, /* all coefficients, decoded and encoded without loss */
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
    [JPEG_TURNED]             = {{  16,    0,   90,    0}, {  13,    0,    4,  0}, false},
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
    [GIF_ANIMATION]           = {{  15,   45,    2,  220}, {   6,    6,    1,  0}, false},
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
    PROGRESSIVE_NS = 150, /* more than a baseline JPEG, for each pixel */
};

/* A sample of 16 bits against one of 8, as it is and where the image is resized. */
static const double deep = 1.6, deep_resized = 3.6;
/* A pixel of a frame that needs a new palette. */
static const double palette_us = 1.1;

/* A worker at rest: code, stacks, libraries' own. */
#define WORKER_BYTES (128.0 * 1024 * 1024)
/* The same with the heaps of libvips' threads. */
#define GENERAL_BYTES (320.0 * 1024 * 1024)

static enum cost_class jpeg_class(const struct image_output_plan *output,
                                  const struct image_header *header)
{
    const unsigned steps = output->steps & ~(unsigned)IMAGE_STEP_TURN;
    const bool copied = output->format == IMAGE_JPEG && (steps & IMAGE_STEP_ENCODE) == 0;

    if (copied && !header->arithmetic && (output->steps & IMAGE_STEP_TURN) != 0)
        return JPEG_TURNED;
    if (header->arithmetic)
        return JPEG_ARITHMETIC;
    if ((header->samples != 1 && header->samples != 3) || header->rgb)
        return header->progressive ? JPEG_OTHER_PROGRESSIVE : JPEG_OTHER;
    if (copied)
        return JPEG_COPIED;
    if (steps == (IMAGE_STEP_GRAY | IMAGE_STEP_ENCODE))
        return JPEG_GRAY;
    return header->progressive ? JPEG_PROGRESSIVE : JPEG_BASELINE;
}

/* The class whose decoder it is, through libvips. */
static enum cost_class decoder_class(const struct image_header *header)
{
    switch (header->format) {
    case IMAGE_JPEG:
        if (header->arithmetic)
            return JPEG_ARITHMETIC;
        return header->progressive ? JPEG_OTHER_PROGRESSIVE : JPEG_OTHER;
    case IMAGE_WEBP:
        return header->lossless ? WEBP_LOSSLESS : WEBP_LOSSY;
    case IMAGE_GIF:
        return GIF_STILL;
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

static enum cost_class find_class(const struct image_output_plan *output,
                                  const struct image_header *header)
{
    const bool gray = (output->steps & IMAGE_STEP_GRAY) != 0;
    const bool resize = (output->steps & IMAGE_STEP_RESIZE) != 0;

    if (header->format == IMAGE_JPEG)
        return jpeg_class(output, header);
    if (header->format == IMAGE_WEBP && header->lossless && header->frames > 1)
        return WEBP_LOSSLESS_ANIMATION;
    if (header->format == IMAGE_WEBP && header->lossless && gray && !resize)
        return WEBP_LOSSLESS_GRAY;
    if (header->format == IMAGE_GIF && !resize)
        return GIF_COPIED;
    if (header->format == IMAGE_GIF && header->frames != 1)
        return GIF_ANIMATION;
    return decoder_class(header);
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

/* --- what no class has been measured for: a decoder, operations, an encoder ----------------------
 */

/* For each pixel of the result: at least twice what photographs take, at each effort. Noise may
 * take longer, and ends at the deadline then. AVIF's plan always says the effort. */
struct encoder_rates {
    double ns, bytes;
    double harder, hardest; /* efforts 4 to 8, and 9, against none asked for */
};

/* clang-format off */
static const struct encoder_rates encoders[IMAGE_FORMAT_COUNT] = {
    [IMAGE_JPEG] = {  60,  6, 1, 1},
    [IMAGE_PNG]  = { 250,  8, 3, 4},
    [IMAGE_WEBP] = { 320, 20, 2, 3},
    [IMAGE_GIF]  = { 400, 12, 1, 1},
    [IMAGE_TIFF] = { 650,  8, 1, 1},
    [IMAGE_AVIF] = { 320, 40, 0, 0},
};
static const struct encoder_rates lossless_webp = {2300, 60, 4, 4}, lossless_avif = {4000, 80, 0, 0};
/* The same of AVIF, which has a speed for each effort: nanoseconds, with loss or without. */
static const double avif_efforts[IMAGE_EFFORT_MAX + 1] = {
    320, 320, 1200, 2300, 8500, 8500, 11500, 11500, 21000, 21000,
};
/* clang-format on */

/* Of one output. */
struct estimate {
    double time_us, decode_us, bytes;
};

static double area(struct image_size size)
{
    return (double)size.width * size.height;
}

/* Nanoseconds for an operation on `before` pixels that leaves `after`. */
static double operation_ns(const struct image_operation *operation, double before, double after)
{
    const double more = before > after ? before : after;

    switch (operation->step) {
    case IMAGE_STEP_RESIZE:
        return operation->linear ? 120 * before + 230 * after : 120 * more;
    case IMAGE_STEP_SMART_CROP:
        return 120 * before;
    case IMAGE_STEP_BLUR:
        return 250 * after; /* whatever sigma is (pixels/blur.h) */
    case IMAGE_STEP_SHARPEN:
        return (1100 + 60 * operation->sigma) * after;
    case IMAGE_STEP_GRAY:
        return (operation->gray == IMAGE_GRAY_LUMINANCE ? 200 : 40) * after;
    default:
        return 30 * more;
    }
}

/* The pixels of a frame after an operation on `before` of them. */
static double pixels_after(const struct image_operation *operation, double before)
{
    switch (operation->step) {
    case IMAGE_STEP_CROP:
        return (double)operation->box.width * operation->box.height;
    case IMAGE_STEP_RESIZE:
    case IMAGE_STEP_SMART_CROP:
    case IMAGE_STEP_PAD:
        return area(operation->size);
    case IMAGE_STEP_REPEAT:
        return before * operation->repeat * operation->repeat;
    default:
        return before;
    }
}

/* The pixels that are decoded: libjpeg makes a JPEG that is reduced at once up to eight times
 * smaller by itself, and leaves at least twice the result's sides. */
static double pixels_decoded(const struct image_output_plan *output,
                             const struct image_header *header)
{
    const double pixels = (double)header->width * header->height;
    const struct image_operation *first = &output->operations[0];
    double needed;

    if (header->format != IMAGE_JPEG || output->operation_count == 0 ||
        first->step != IMAGE_STEP_RESIZE || first->linear)
        return pixels;
    needed = 16 * area(first->size);
    needed = needed > pixels / 64 ? needed : pixels / 64;
    return needed < pixels ? needed : pixels;
}

/* The operations of a frame; *most is the largest number of its pixels on the way. */
static double operations_ns(const struct image_output_plan *output,
                            const struct image_header *header, double *most)
{
    double pixels = pixels_decoded(output, header), ns = 0;

    *most = pixels;
    for (unsigned i = 0; i < output->operation_count; i++) {
        const double after = pixels_after(&output->operations[i], pixels);

        ns += operation_ns(&output->operations[i], pixels, after);
        pixels = after;
        *most = pixels > *most ? pixels : *most;
    }
    return ns;
}

static const struct encoder_rates *find_encoder(const struct image_output_plan *output)
{
    if (output->lossless && output->format == IMAGE_WEBP)
        return &lossless_webp;
    if (output->lossless && output->format == IMAGE_AVIF)
        return &lossless_avif;
    return &encoders[output->format];
}

/* For each pixel of the result. */
static double encoder_ns(const struct image_output_plan *output,
                         const struct encoder_rates *encoder)
{
    enum { HARDER = 4 };

    if (output->format == IMAGE_AVIF)
        return fmax(encoder->ns, avif_efforts[output->effort]);
    if (output->effort < 0)
        return encoder->ns;
    if (output->effort == IMAGE_EFFORT_MAX)
        return encoder->ns * encoder->hardest;
    return encoder->ns * (output->effort >= HARDER ? encoder->harder : 1);
}

/* A profile that the result keeps costs nothing. */
static bool converts_colours(const struct image_output_plan *output,
                             const struct image_header *header)
{
    const bool dropped = (output->steps & IMAGE_STEP_GRAY) != 0 || output->format == IMAGE_GIF ||
                         header->colours != IMAGE_COLOURS_RGB;

    return (output->steps & IMAGE_STEP_SRGB) != 0 || (header->has_profile && dropped);
}

static struct estimate estimate_parts(const struct image_output_plan *output,
                                      const struct image_header *header, double size)
{
    const struct class_rates *decoder = &table[decoder_class(header)];
    const struct encoder_rates *encoder = find_encoder(output);
    const double samples = !decoder->by_samples  ? 1
                           : header->samples > 0 ? header->samples
                                                 : SAMPLES_UNKNOWN;
    const double depth = header->bits == 16 ? deep : 1;
    const double share = (double)output->frames / header->frames;
    const double source = (double)image_pixels(header) * share;
    const double result = area(output->size) * output->frames;
    const double decode_ns =
        source * samples * decoder->ns.pixel_in + size * share * decoder->ns.byte_in;
    double most, ns;

    ns = operations_ns(output, header, &most) * output->frames;
    if (converts_colours(output, header))
        ns += 150 * result; /* colours are converted once the image is smaller */
    if (output->progressive)
        ns += PROGRESSIVE_NS * result;
    ns += decode_ns + result * encoder_ns(output, encoder);
    return (struct estimate){
        .time_us = 20 * START_US + ns * depth / 1000,
        .decode_us = 20 * START_US + decode_ns * depth / 1000,
        .bytes = GENERAL_BYTES + depth * 12 * most * output->frames + result * encoder->bytes +
                 size * decoder->bytes.byte_in,
    };
}

/* What a JPEG's class does not know: a progressive result, or another encoder that its planes go
 * to. */
static void add_encoder(const struct image_output_plan *output, struct estimate *estimate)
{
    const struct encoder_rates *encoder = &encoders[output->format];
    const double result = area(output->size);

    if (output->progressive)
        estimate->time_us += result * PROGRESSIVE_NS / 1000;
    if (output->format == IMAGE_JPEG)
        return;
    estimate->time_us += result * encoder_ns(output, encoder) / 1000;
    estimate->bytes += result * encoder->bytes;
}

/* Whether a JPEG goes through its own planes (planes/jpeg.h, jpeg/jpeg.h). */
static bool has_planes(const struct image_output_plan *output, const struct image_header *header)
{
    static const unsigned steps = IMAGE_STEP_GRAY | IMAGE_STEP_CROP | IMAGE_STEP_RESIZE |
                                  IMAGE_STEP_TURN | IMAGE_STEP_ENCODE | IMAGE_STEP_SUBSAMPLE |
                                  IMAGE_STEP_TUNED | IMAGE_STEP_METADATA;

    if (header->format != IMAGE_JPEG || header->arithmetic || header->rgb || header->samples == 4)
        return false;
    return (output->steps & ~steps) == 0 && !output->lossless &&
           (output->format == IMAGE_JPEG || output->format == IMAGE_WEBP ||
            output->format == IMAGE_AVIF);
}

/* Whether it is what the classes were measured by. */
static bool has_class(const struct image_output_plan *output, const struct image_header *header)
{
    static const unsigned usual = IMAGE_STEP_GRAY | IMAGE_STEP_RESIZE | IMAGE_STEP_TURN |
                                  IMAGE_STEP_ENCODE | IMAGE_STEP_METADATA;
    const bool kept = header->format == IMAGE_WEBP   ? output->lossless == header->lossless
                      : header->format == IMAGE_AVIF ? output->effort == 1 /* as was measured */
                                                     : true;

    return has_planes(output, header) || (output->format == image_result_format(header->format) &&
                                          kept && (output->steps & ~usual) == 0);
}

/* --------------------------------------------------------------------------------------------------
 */

static struct estimate estimate_class(const struct image_output_plan *output,
                                      const struct image_header *header, double size)
{
    enum cost_class class = find_class(output, header);
    const struct class_rates *rates = &table[class];
    double samples = !rates->by_samples    ? 1
                     : header->samples > 0 ? header->samples
                                           : SAMPLES_UNKNOWN;
    double all = (double)image_pixels(header) * samples;
    double left = part_left(output, header, samples);
    double worked_through = all * depth_factor(output, header);

    struct estimate estimate = {
        .time_us = START_US + palettes_us(class, header, all, left) +
                   apply(&rates->ns, worked_through, worked_through, size, left) / 1000,
        .decode_us = START_US + apply(&rates->ns, worked_through, 0, size, 0) / 1000,
        .bytes = bytes_held(class, header, all, size, left),
    };

    if (header->format == IMAGE_JPEG)
        add_encoder(output, &estimate);
    return estimate;
}

static int64_t round_down(double value)
{
    return value < (double)INT64_MAX ? (int64_t)value : INT64_MAX;
}

void image_estimate(const struct image_plan *plan, size_t size, struct image_cost *cost)
{
    struct estimate all = {0};

    for (unsigned i = 0; i < plan->count; i++) {
        const struct image_output_plan *output = &plan->outputs[i];
        const struct estimate its = has_class(output, &plan->source)
                                        ? estimate_class(output, &plan->source, (double)size)
                                        : estimate_parts(output, &plan->source, (double)size);

        all.time_us += its.time_us;
        all.decode_us = its.decode_us > all.decode_us ? its.decode_us : all.decode_us;
        all.bytes = its.bytes > all.bytes ? its.bytes : all.bytes;
    }
    cost->time_us = round_down(all.time_us);
    cost->decode_us = round_down(all.decode_us);
    cost->memory_bytes = (uint64_t)round_down(all.bytes);
}
