/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/gif.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/gif/frames.h"
#include "image/gif/reducer.h"

#include <string.h>

/*
 *     blocks -> canvas -> reducer -> frames
 *
 * One frame at a time, and only the area that it changes: the canvas finds that area, and the
 * filter which part of the result depends on it.
 */
struct resizing {
    bool gray;
    struct gif_blocks blocks;
    struct gif_canvas canvas;
    struct gif_reducer reducer;
    struct gif_frames frames;
};

static void cleanup_resizing(struct resizing *resizing)
{
    gif_canvas_clear(&resizing->canvas);
    gif_reducer_clear(&resizing->reducer);
    gif_frames_clear(&resizing->frames);
}

static int begin_resizing(struct resizing *resizing, const struct image_header *header,
                          const struct image_output_plan *planned, struct image_output *output)
{
    const struct gif_frames_format format = {
        .width = planned->size.width,
        .height = planned->size.height,
        .single = header->frames == 1,
        .loop = header->loop,
        .effort = -1,
    };
    int status = gif_canvas_begin(&resizing->canvas, header->width, header->height);

    if (status == 0)
        status = gif_reducer_begin(&resizing->reducer, header->width, header->height,
                                   planned->size.width, planned->size.height);
    if (status == 0)
        status = gif_frames_begin(&resizing->frames, &format, output);
    return status;
}

/* Replaces red, green and blue by their luma, in `count` colours `step` bytes apart. */
static void make_gray(uint8_t *colours, size_t count, size_t step)
{
    for (uint8_t *rgb = colours; count > 0; count--, rgb += step)
        memset(rgb, (int)luma(rgb[0], rgb[1], rgb[2]), 3);
}

static void make_area_gray(uint32_t *pixels, uint32_t width, struct gif_area area)
{
    for (uint32_t y = area.top; y < area.bottom; y++)
        make_gray((uint8_t *)(pixels + (size_t)y * width + area.left), area.right - area.left,
                  sizeof(*pixels));
}

static int add_frame(struct resizing *resizing, const struct gif_frame *frame)
{
    struct gif_table table = gif_colours(&resizing->blocks, frame);
    uint8_t colours[3 * GIF_COLOURS];
    struct gif_area area;
    int status = gif_canvas_draw(&resizing->canvas, &resizing->blocks, frame);

    if (status != 0)
        return status;
    area = gif_reducer_reach(&resizing->reducer, resizing->canvas.changed);
    gif_reducer_area(&resizing->reducer, resizing->canvas.pixels, area, resizing->frames.wanted);
    if (resizing->gray)
        make_area_gray(resizing->frames.wanted, resizing->frames.width, area);
    if (resizing->gray && table.count > 0) {
        memcpy(colours, table.colours, 3 * (size_t)table.count);
        make_gray(colours, table.count, 3);
        table.colours = colours;
    }
    gif_frames_add(&resizing->frames, area, frame->delay, table);
    return 0;
}

int gif_resize(const struct image_plan *plan, const struct image_output_plan *planned,
               struct bytes input, struct image_output *output)
{
    _cleanup_(cleanup_resizing) struct resizing resizing = {
        .gray = (planned->steps & IMAGE_STEP_GRAY) != 0};
    struct gif_frame frame;
    enum gif_next next;
    int status;

    if (!gif_begin(&resizing.blocks, input))
        return STATUS_IMAGE_CORRUPT;
    status = begin_resizing(&resizing, &plan->source, planned, output);
    while (status == 0 && (next = gif_next(&resizing.blocks, &frame)) == GIF_FRAME) {
        status = gif_within(&resizing.blocks, plan->max_pixels, output);
        if (status == 0)
            status = add_frame(&resizing, &frame);
    }
    if (status != 0)
        return status;
    return next == GIF_DAMAGED ? STATUS_IMAGE_CORRUPT : gif_frames_end(&resizing.frames);
}
