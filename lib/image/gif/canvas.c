/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/canvas.h"

#include "base/status.h"
#include "image/core/multiversion.h"
#include "image/gif/lzw.h"
#include "image/gif/rows.h"

#include <errno.h>
#include <stdlib.h>

enum { INDICES = 256, PIXEL_BYTES = sizeof(uint32_t) };

bool gif_area_is_empty(struct gif_area area)
{
    return area.left >= area.right || area.top >= area.bottom;
}

struct gif_area gif_area_union(struct gif_area a, struct gif_area b)
{
    if (gif_area_is_empty(a))
        return b;
    if (gif_area_is_empty(b))
        return a;
    return (struct gif_area){
        .left = a.left < b.left ? a.left : b.left,
        .top = a.top < b.top ? a.top : b.top,
        .right = a.right > b.right ? a.right : b.right,
        .bottom = a.bottom > b.bottom ? a.bottom : b.bottom,
    };
}

int gif_canvas_begin(struct gif_canvas *canvas, uint32_t width, uint32_t height)
{
    *canvas = (struct gif_canvas){.width = width, .height = height};
    canvas->pixels = calloc((size_t)width * height, PIXEL_BYTES);
    return canvas->pixels == NULL ? -ENOMEM : 0;
}

static uint32_t *pixel_at(const struct gif_canvas *canvas, uint32_t x, uint32_t y)
{
    return canvas->pixels + (size_t)y * canvas->width + x;
}

static void dispose(struct gif_canvas *canvas)
{
    const struct gif_area area = canvas->drawn;
    const size_t width = area.right - area.left;

    canvas->changed = (struct gif_area){0};
    if (gif_area_is_empty(area) || canvas->disposal <= GIF_KEEP_TOO)
        return;
    for (uint32_t y = area.top; y < area.bottom; y++) {
        uint32_t *row = pixel_at(canvas, area.left, y);

        if (canvas->disposal == GIF_TO_BACKGROUND)
            memset(row, 0, width * PIXEL_BYTES);
        else
            memcpy(row, canvas->saved + (y - area.top) * width, width * PIXEL_BYTES);
    }
    canvas->changed = area;
}

static int save(struct gif_canvas *canvas)
{
    const struct gif_area area = canvas->drawn;
    const size_t width = area.right - area.left;

    if (gif_area_is_empty(area))
        return 0;
    if (canvas->saved == NULL)
        canvas->saved = malloc((size_t)canvas->width * canvas->height * PIXEL_BYTES);
    if (canvas->saved == NULL)
        return -ENOMEM;
    for (uint32_t y = area.top; y < area.bottom; y++)
        memcpy(canvas->saved + (y - area.top) * width, pixel_at(canvas, area.left, y),
               width * PIXEL_BYTES);
    return 0;
}

/* The pixel for each index; 0 draws nothing: the transparent index, and those beyond the table. */
static void fill_colours(struct gif_table table, int transparent, uint32_t colours[INDICES])
{
    memset(colours, 0, INDICES * sizeof(*colours));
    for (unsigned i = 0; i < table.count; i++) {
        const uint8_t *rgb = table.colours + 3 * (size_t)i;
        const uint8_t pixel[PIXEL_BYTES] = {rgb[0], rgb[1], rgb[2], 255};

        if ((int)i != transparent)
            memcpy(&colours[i], pixel, PIXEL_BYTES);
    }
}

_multiversion_ static void draw_row(uint32_t *restrict row, const uint8_t *restrict indices,
                                    uint32_t width, const uint32_t colours[INDICES])
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t colour = colours[indices[x]];

        row[x] = colour != 0 ? colour : row[x];
    }
}

static void draw_pixels(struct gif_canvas *canvas, const struct gif_frame *frame,
                        struct gif_table table)
{
    const struct gif_area area = canvas->drawn;
    uint32_t colours[INDICES];

    if (gif_area_is_empty(area))
        return;
    fill_colours(table, frame->transparent, colours);
    for (uint32_t y = area.top; y < area.bottom; y++) {
        uint32_t place = gif_row_place(frame, y - frame->top);

        draw_row(pixel_at(canvas, area.left, y), canvas->indices + (size_t)place * frame->width,
                 area.right - area.left, colours);
    }
    canvas->changed = gif_area_union(canvas->changed, area);
}

static int decode_frame(struct gif_canvas *canvas, const struct gif_blocks *blocks,
                        const struct gif_frame *frame)
{
    const size_t pixels = (size_t)frame->width * frame->height;

    if (canvas->indices == NULL || canvas->capacity < pixels) {
        free(canvas->indices);
        canvas->capacity = pixels;
        canvas->indices = malloc(pixels + LZW_SLACK);
    }
    if (canvas->indices == NULL)
        return -ENOMEM;
    return lzw_read(blocks->input, frame->data, pixels, canvas->indices);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

int gif_canvas_draw(struct gif_canvas *canvas, const struct gif_blocks *blocks,
                    const struct gif_frame *frame)
{
    int status;

    dispose(canvas);
    canvas->drawn = (struct gif_area){
        .left = frame->left,
        .top = frame->top,
        .right = least(frame->left + frame->width, canvas->width),
        .bottom = least(frame->top + frame->height, canvas->height),
    };
    canvas->disposal = frame->disposal;
    status = decode_frame(canvas, blocks, frame);
    if (status == 0 && frame->disposal == GIF_TO_PREVIOUS)
        status = save(canvas);
    if (status == 0)
        draw_pixels(canvas, frame, gif_colours(blocks, frame));
    return status;
}

void gif_canvas_clear(struct gif_canvas *canvas)
{
    free(canvas->pixels);
    free(canvas->saved);
    free(canvas->indices);
    *canvas = (struct gif_canvas){0};
}
