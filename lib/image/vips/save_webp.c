/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "image/webp/animation.h"

#include <errno.h>

/* WebP: lossless where the source was; a still picture at once, an animation frame by frame. */
enum { STRIP_ROWS = 16 };

/* A lossless source that took more than three bits a pixel: no drawing does. */
static bool is_photograph(const struct save_options *options)
{
    return (uint64_t)options->source_bytes * 8 / 3 > image_pixels(options->header);
}

/* Of one frame. */
static struct webp_format choose_format(VipsImage *image, const struct save_options *options)
{
    return (struct webp_format){
        .width = image->Xsize,
        .height = vips_image_get_page_height(image),
        .bands = image->Bands,
        .lossless = options->header->lossless,
        .quality = options->quality,
        .photograph = is_photograph(options),
        .reduced = options->reduced,
    };
}

static int save_still(VipsImage *image, const struct save_options *options,
                      struct image_output *output)
{
    struct webp_format format = choose_format(image, options);
    uint8_t *samples;
    size_t size;
    int status;

    samples = vips_image_write_to_memory(image, &size);
    if (samples == NULL)
        return -1;
    status = webp_encode(&format, samples, output);
    g_free(samples);
    return status;
}

static void cleanup_region(VipsRegion **region)
{
    VIPS_UNREF(*region);
}

/* A frame's rows, which begin at `top`, as libvips computes them: some at a time. */
static int read_frame(VipsRegion *region, const struct webp_format *format, int top,
                      uint8_t *samples)
{
    VipsRect strip = {0, top, format->width, STRIP_ROWS};
    size_t row_bytes = (size_t)format->width * (size_t)format->bands;
    int end = top + format->height;

    for (; strip.top < end; strip.top += STRIP_ROWS) {
        strip.height = VIPS_MIN(STRIP_ROWS, end - strip.top);
        if (vips_region_prepare(region, &strip))
            return -1;
        for (int y = strip.top; y < strip.top + strip.height; y++, samples += row_bytes)
            memcpy(samples, VIPS_REGION_ADDR(region, 0, y), row_bytes);
    }
    return 0;
}

static int add_frames(VipsImage *image, struct webp_animation *animation)
{
    _cleanup_(cleanup_region) VipsRegion *region = vips_region_new(image);
    const struct webp_format *format = &animation->format;
    _cleanup_free_ uint8_t *samples =
        malloc((size_t)format->width * (size_t)format->height * (size_t)format->bands);
    int frames = image->Ysize / format->height, delays = 0, *delay = NULL, status = 0;

    if (region == NULL || vips_image_pio_input(image) ||
        (vips_image_get_typeof(image, "delay") != 0 &&
         vips_image_get_array_int(image, "delay", &delay, &delays)))
        return -1;
    if (samples == NULL)
        return -ENOMEM;
    for (int i = 0; i < frames && status == 0; i++) {
        if (read_frame(region, format, i * format->height, samples))
            return -1;
        status = webp_animation_add(animation, samples, i < delays ? (unsigned)delay[i] : 0);
    }
    return status;
}

static int save_animation(VipsImage *image, const struct save_options *options,
                          struct image_output *output)
{
    _cleanup_(webp_animation_clear) struct webp_animation animation = {0};
    struct webp_format format = choose_format(image, options);
    int loop = 0, status;

    if (vips_image_get_typeof(image, "loop") != 0 && vips_image_get_int(image, "loop", &loop))
        return -1;
    status = webp_animation_begin(&animation, &format, (unsigned)loop, output);
    if (status == 0)
        status = add_frames(image, &animation);
    if (status == 0)
        webp_animation_end(&animation);
    return status;
}

int save_webp(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    const void *profile = NULL;
    size_t size = 0;
    int status;

    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0 &&
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size))
        return -1;
    if (vips_image_get_page_height(image) == image->Ysize)
        status = save_still(image, options, memory->output);
    else
        status = save_animation(image, options, memory->output);
    if (status == 0 && profile != NULL)
        status = webp_set_profile(profile, size, memory->output);
    return status == -EINVAL ? -EIO : status;
}
