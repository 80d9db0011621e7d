/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/gif.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/gif/frames.h"
#include "image/gif/reduce.h"

/*
 *     blocks -> canvas -> reduce -> frames
 *
 * One frame at a time, and of each no more than what it changes: the canvas says which part that
 * is, the filter how far that reaches.
 */
struct scale {
    struct gif_blocks blocks;
    struct gif_canvas canvas;
    struct gif_reduce reduce;
    struct gif_frames frames;
};

static void cleanup_scale(struct scale *scale)
{
    gif_canvas_clear(&scale->canvas);
    gif_reduce_clear(&scale->reduce);
    gif_frames_clear(&scale->frames);
}

static int begin(struct scale *scale, const struct image_request *request,
                 const struct image_header *header, struct image_output *output)
{
    uint32_t width = image_scaled_length(header->width, request->factor);
    uint32_t height = image_scaled_length(header->height, request->factor);
    int status;

    status = gif_canvas_begin(&scale->canvas, header->width, header->height);
    if (status == 0)
        status = gif_reduce_begin(&scale->reduce, header->width, header->height, width, height);
    if (status == 0)
        status = gif_frames_begin(&scale->frames, width, height, header->frames == 1,
                                  &scale->blocks, output);
    return status;
}

static int add_frame(struct scale *scale, const struct gif_frame *frame)
{
    struct gif_area area;
    int status = gif_canvas_draw(&scale->canvas, &scale->blocks, frame);

    if (status != 0)
        return status;
    area = gif_reduce_reach(&scale->reduce, scale->canvas.changed);
    gif_reduce_area(&scale->reduce, scale->canvas.pixels, area, scale->frames.wanted);
    gif_frames_add(&scale->frames, area, frame->delay, gif_colours(&scale->blocks, frame));
    return 0;
}

int gif_scale(const struct image_request *request, const struct image_header *header,
              struct bytes input, struct image_output *output)
{
    _cleanup_(cleanup_scale) struct scale scale = {0};
    struct gif_frame frame;
    enum gif_next next;
    int status;

    output->size = 0;
    output->format = IMAGE_GIF;
    if (!gif_begin(&scale.blocks, input))
        return STATUS_IMAGE_CORRUPT;
    status = begin(&scale, request, header, output);
    while (status == 0 && (next = gif_next(&scale.blocks, &frame)) == GIF_FRAME) {
        status = gif_within(&scale.blocks, request->max_pixels, output);
        if (status == 0)
            status = add_frame(&scale, &frame);
    }
    if (status != 0)
        return status;
    return next == GIF_DAMAGED ? STATUS_IMAGE_CORRUPT : gif_frames_end(&scale.frames);
}
