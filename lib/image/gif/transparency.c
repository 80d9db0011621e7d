/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/transparency.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/gif/encode.h"
#include "image/gif/lzw.h"
#include "image/gif/rows.h"

#include <errno.h>
#include <stdlib.h>

/* Whether the first frame leaves part of the screen uncovered. */
static bool leaves_screen(const struct gif_blocks *blocks, const struct gif_frame *frame)
{
    return blocks->frames == 1 && (frame->left > 0 || frame->top > 0 ||
                                   frame->width < blocks->width || frame->height < blocks->height);
}

bool gif_leaves_transparency(const struct gif_blocks *blocks, const struct gif_frame *frame)
{
    const bool has_pixels = frame->width > 0 && frame->height > 0;

    if (frame->transparent != GIF_OPAQUE)
        return false;
    return leaves_screen(blocks, frame) ||
           (has_pixels && (frame->disposal == GIF_TO_BACKGROUND ||
                           (frame->disposal == GIF_TO_PREVIOUS && blocks->frames == 1)));
}

static int distance(const uint8_t *a, const uint8_t *b)
{
    int red = a[0] - b[0], green = a[1] - b[1], blue = a[2] - b[2];

    return red * red + green * green + blue * blue;
}

/* Frees the index of one of the two closest colours: its pixels take the other. */
static unsigned free_an_index(const uint8_t *colours, uint8_t *indices, size_t pixels)
{
    unsigned kept = 0, free_index = 1;

    for (unsigned i = 0; i < GIF_COLOURS; i++) {
        for (unsigned j = i + 1; j < GIF_COLOURS; j++) {
            if (distance(colours + 3 * (size_t)i, colours + 3 * (size_t)j) <
                distance(colours + 3 * (size_t)kept, colours + 3 * (size_t)free_index)) {
                kept = i;
                free_index = j;
            }
        }
    }
    for (size_t i = 0; i < pixels; i++)
        indices[i] = (uint8_t)(indices[i] == free_index ? kept : indices[i]);
    return free_index;
}

/* The first index that no pixel has, or GIF_COLOURS. */
static unsigned find_unused(const uint8_t *indices, size_t pixels)
{
    bool used[GIF_COLOURS] = {false};
    unsigned index = 0;

    for (size_t i = 0; i < pixels; i++)
        used[indices[i]] = true;
    while (index < GIF_COLOURS && used[index])
        index++;
    return index;
}

/* Gives the frame a table with room for `index`, which may lie beyond its own. */
static void grow_table(struct gif_frame *frame, uint8_t *colours, unsigned count, unsigned index)
{
    if (index < count)
        return;
    memset(colours + 3 * (size_t)count, 0, 3 * (GIF_COLOURS - (size_t)count));
    while (count <= index)
        count *= 2;
    frame->table = (struct gif_table){colours, count};
}

/* The screen with the frame's pixels, transparent around them. */
static uint8_t *spread_indices(const struct gif_blocks *blocks, const struct gif_frame *frame,
                               const uint8_t *indices)
{
    uint8_t *screen = malloc((size_t)blocks->width * blocks->height);

    if (screen == NULL)
        return NULL;
    memset(screen, frame->transparent, (size_t)blocks->width * blocks->height);
    for (uint32_t y = 0; y < frame->height; y++)
        memcpy(screen + ((size_t)frame->top + y) * blocks->width + frame->left,
               indices + (size_t)gif_row_place(frame, y) * frame->width, frame->width);
    return screen;
}

static unsigned bits_for(const uint8_t *screen, size_t pixels)
{
    unsigned bits = 1;

    for (size_t i = 0; i < pixels; i++) {
        while (screen[i] >> bits != 0)
            bits++;
    }
    return bits;
}

static int write_whole_screen(struct gif_writer *writer, const struct gif_blocks *blocks,
                              struct gif_frame *frame, const uint8_t *indices)
{
    const size_t pixels = (size_t)blocks->width * blocks->height;
    _cleanup_free_ uint8_t *screen = spread_indices(blocks, frame, indices);

    if (screen == NULL)
        return -ENOMEM;
    frame->left = frame->top = 0;
    frame->width = blocks->width;
    frame->height = blocks->height;
    frame->interlaced = false;
    gif_write_frame(writer, frame);
    gif_encode(writer, screen, frame->width, frame->width, frame->height, bits_for(screen, pixels));
    return 0;
}

int gif_write_transparent(struct gif_writer *writer, const struct gif_blocks *blocks,
                          struct gif_frame *frame, uint8_t *colours, unsigned count)
{
    const size_t pixels = (size_t)frame->width * frame->height;
    const bool fill = leaves_screen(blocks, frame);
    _cleanup_free_ uint8_t *indices = malloc(pixels + LZW_SLACK);
    unsigned index;
    int status;

    if (indices == NULL)
        return -ENOMEM;
    status = lzw_read(blocks->input, frame->data, pixels, indices);
    if (status != 0)
        return status;
    index = find_unused(indices, pixels);
    if (index == GIF_COLOURS && fill)
        index = free_an_index(colours, indices, pixels);
    if (index < GIF_COLOURS) {
        grow_table(frame, colours, count, index);
        frame->transparent = (int)index;
    }
    if (fill)
        return write_whole_screen(writer, blocks, frame, indices);
    gif_write_frame(writer, frame);
    gif_put(writer, blocks->input.data + frame->data, frame->end - frame->data);
    return 0;
}

void gif_write_empty(struct gif_writer *writer, uint16_t delay)
{
    static const uint8_t colours[6] = {0}, index = 0;
    const struct gif_frame frame = {
        .width = 1, .height = 1, .table = {colours, 2}, .transparent = index, .delay = delay};

    gif_write_frame(writer, &frame);
    gif_encode(writer, &index, 1, 1, 1, 1);
}
