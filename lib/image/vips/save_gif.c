/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "image/gif/frames.h"
#include "image/gif/pixel.h"
#include "image/vips/image.h"

#include <errno.h>

/* GIF, by our own encoder: frames of any bands become R, G, B, A, and transparent below half. */
enum { OPAQUE_FROM = 128, CENTISECOND_MS = 10, DELAY_MAX = 65535 };

struct pixel_rows {
    uint32_t *next;
    int width, bands;
};

static void take_pixels(void *argument, const void *row)
{
    struct pixel_rows *rows = argument;
    const uint8_t *sample = row;
    const int colours = rows->bands >= 3 ? 3 : 1;

    for (int x = 0; x < rows->width; x++, sample += rows->bands) {
        const bool shown = rows->bands == colours || sample[colours] >= OPAQUE_FROM;
        const struct gif_pixel pixel = {sample[0], sample[colours / 2], sample[colours - 1], 255};

        *rows->next++ = shown ? gif_pixel_write(pixel) : 0;
    }
}

/* How often it is repeated once it was shown: libvips' "loop" is how often it is shown. */
static int32_t find_repeats(VipsImage *image)
{
    int loop = 0;

    if (vips_image_get_typeof(image, "loop") != 0)
        vips_image_get_int(image, "loop", &loop);
    if (loop == 1)
        return IMAGE_LOOP_NONE;
    return loop <= 0 ? 0 : loop - 1;
}

static uint16_t to_centiseconds(int delay)
{
    const int rounded = (delay + CENTISECOND_MS / 2) / CENTISECOND_MS;

    return (uint16_t)(rounded < DELAY_MAX ? rounded : DELAY_MAX);
}

static int add_gif_frames(VipsImage *image, struct gif_frames *frames)
{
    const int height = (int)frames->height;
    const struct gif_area whole = {0, 0, frames->width, frames->height};
    int delays = 0, *delay = NULL;

    if (vips_image_get_typeof(image, "delay") != 0 &&
        vips_image_get_array_int(image, "delay", &delay, &delays))
        return -1;
    for (int i = 0; i < image->Ysize / height; i++) {
        struct pixel_rows rows = {frames->wanted, image->Xsize, image->Bands};

        if (save_rows(image, i * height, height, take_pixels, &rows))
            return -1;
        gif_frames_add(frames, whole, i < delays ? to_centiseconds(delay[i]) : 0,
                       (struct gif_table){0});
    }
    return gif_frames_end(frames);
}

int save_gif(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    _cleanup_(gif_frames_clear) struct gif_frames frames = {0};
    const int height = vips_image_get_page_height(image);
    const bool single = height == image->Ysize;
    const struct gif_frames_format format = {
        .width = (uint32_t)image->Xsize,
        .height = (uint32_t)height,
        .single = single,
        .loop = single ? IMAGE_LOOP_NONE : find_repeats(image),
        .effort = options->planned->effort,
    };
    int status;

    memory->output->size = 0;
    status = gif_frames_begin(&frames, &format, memory->output);
    return status != 0 ? status : add_gif_frames(image, &frames);
}
