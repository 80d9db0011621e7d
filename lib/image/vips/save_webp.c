/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "image/vips/image.h"
#include "image/webp/animation.h"

#include <errno.h>

/* WebP: lossless if the source was; a still image at once, an animation frame by frame. */

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
        .lossless = options->planned->lossless,
        .quality = options->quality,
        .effort = options->planned->effort + 1,
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

/* A frame as its rows come. */
struct frame_rows {
    uint8_t *end; /* of what came */
    size_t row_bytes;
};

static void append_row(void *frame, const void *row)
{
    struct frame_rows *rows = frame;

    memcpy(rows->end, row, rows->row_bytes);
    rows->end += rows->row_bytes;
}

static int add_webp_frames(VipsImage *image, struct webp_animation *animation)
{
    const struct webp_format *format = &animation->format;
    const size_t row_bytes = (size_t)format->width * (size_t)format->bands;
    _cleanup_free_ uint8_t *samples = malloc(row_bytes * (size_t)format->height);
    int frames = image->Ysize / format->height, delays = 0, *delay = NULL, status = 0;

    if (vips_image_get_typeof(image, "delay") != 0 &&
        vips_image_get_array_int(image, "delay", &delay, &delays))
        return -1;
    if (samples == NULL)
        return -ENOMEM;
    for (int i = 0; i < frames && status == 0; i++) {
        struct frame_rows rows = {samples, row_bytes};

        if (save_rows(image, i * format->height, format->height, append_row, &rows))
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
        status = add_webp_frames(image, &animation);
    if (status == 0)
        webp_animation_end(&animation);
    return status;
}

int save_webp(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    size_t size;
    const void *profile = image_profile(image, &size);
    int status;

    if (vips_image_get_page_height(image) == image->Ysize)
        status = save_still(image, options, memory->output);
    else
        status = save_animation(image, options, memory->output);
    if (status == 0 && profile != NULL)
        status = webp_set_profile(profile, size, memory->output);
    return status == -EINVAL ? -EIO : status;
}
