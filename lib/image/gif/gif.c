/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/gif.h"

#include "base/status.h"
#include "image/colour/luma.h"
#include "image/gif/lzw.h"
#include "image/gif/transparency.h"

/*
 * The blocks are written again from what their reader found, and the LZW data is copied. So the
 * copy has none of the source's errors and ambiguities, on which readers disagree.
 */
struct gif_copying {
    struct gif_blocks blocks;
    struct gif_writer writer;
    bool gray; /* colours become luma */
};

/* Copies `table`, or its luma, to `colours`. */
static struct gif_table convert_table(const struct gif_copying *copy, struct gif_table table,
                                      uint8_t *colours)
{
    for (unsigned i = 0; i < 3 * table.count; i += 3) {
        const uint8_t *rgb = table.colours + i;

        if (copy->gray)
            memset(colours + i, (int)luma(rgb[0], rgb[1], rgb[2]), 3);
        else
            memcpy(colours + i, rgb, 3);
    }
    return (struct gif_table){table.count > 0 ? colours : NULL, table.count};
}

static int copy_frame(struct gif_copying *copy, struct gif_frame *frame)
{
    const struct gif_blocks *blocks = &copy->blocks;
    uint8_t colours[3 * GIF_COLOURS];
    const struct gif_table table = convert_table(copy, gif_colours(blocks, frame), colours);

    if (frame->table.colours != NULL || blocks->table.colours == NULL)
        frame->table = table;
    if (gif_leaves_transparency(blocks, frame))
        return gif_write_transparent(&copy->writer, blocks, frame, colours, table.count);
    if (lzw_check(blocks->input, frame->data, (uint64_t)frame->width * frame->height) != 0)
        return STATUS_IMAGE_CORRUPT;
    if (frame->width == 0 || frame->height == 0) {
        gif_write_empty(&copy->writer, frame->delay);
        return 0;
    }
    gif_write_frame(&copy->writer, frame);
    gif_put(&copy->writer, blocks->input.data + frame->data, frame->end - frame->data);
    return 0;
}

static void copy_screen(struct gif_copying *copy, const struct image_header *header)
{
    const struct gif_blocks *blocks = &copy->blocks;
    uint8_t colours[3 * GIF_COLOURS];

    gif_write_screen(&copy->writer, header->width, header->height, blocks->background,
                     convert_table(copy, blocks->table, colours));
}

static int copy_frames(struct gif_copying *copy, const struct image_header *header,
                       uint64_t max_pixels)
{
    enum gif_next next;
    struct gif_frame frame;
    size_t loop = 0;
    int status = 0;

    copy_screen(copy, header);
    while (status == 0 && (next = gif_next(&copy->blocks, &frame)) == GIF_FRAME) {
        if (copy->blocks.loop != loop)
            gif_write_loop(&copy->writer, gif_repeats(&copy->blocks));
        loop = copy->blocks.loop;
        status = gif_within(&copy->blocks, max_pixels, copy->writer.output);
        if (status == 0)
            status = copy_frame(copy, &frame);
    }
    if (status == 0 && next == GIF_DAMAGED)
        status = STATUS_IMAGE_CORRUPT;
    gif_write_end(&copy->writer);
    return status;
}

int gif_copy(const struct image_plan *plan, const struct image_output_plan *planned,
             struct bytes input, struct image_output *output)
{
    struct gif_copying copy = {
        .writer = {.output = output},
        .gray = (planned->steps & IMAGE_STEP_GRAY) != 0,
    };
    int status = STATUS_IMAGE_CORRUPT;

    if (gif_begin(&copy.blocks, input))
        status = copy_frames(&copy, &plan->source, plan->max_pixels);
    return status == 0 && copy.writer.overflow ? STATUS_IMAGE_TOO_LARGE : status;
}
