/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/grid.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/heif/av1.h"
#include "image/heif/hevc.h"
#include "image/probe/heif_boxes.h"

#include <errno.h>
#include <stdlib.h>

/* The frame is as large as the item says it is: what encoders add to fill blocks is left out. */
static int decode_item(const struct heif_file *file, const struct heif_item *item,
                       struct heif_frame *frame)
{
    struct heif_data data;
    int status = heif_find_data(file, item->id, &data);

    if (status != 0)
        return status;
    if (item->type == HEIF_TYPE('a', 'v', '0', '1'))
        status = av1_decode(item, &data, frame);
    else
        status = hevc_decode(item, &data, frame);
    if (status != 0)
        return status;
    if (frame->width < item->width || frame->height < item->height) {
        heif_frame_clear(frame);
        return STATUS_IMAGE_CORRUPT;
    }
    frame->width = item->width;
    frame->height = item->height;
    return 0;
}

/* --- tiles --------------------------------------------------------------------------------------
 */

/* The whole, of the kind of its first tile. */
static int allocate_canvas(const struct heif_grid *grid, const struct heif_frame *tile,
                           struct heif_frame *canvas)
{
    size_t bytes = 0, at[3];
    uint8_t *memory;

    *canvas = *tile;
    canvas->width = grid->width;
    canvas->height = grid->height;
    for (unsigned i = 0; i < canvas->planes; i++) {
        canvas->strides[i] = (size_t)heif_plane_width(canvas, i) * heif_sample_bytes(canvas);
        at[i] = bytes;
        bytes += canvas->strides[i] * heif_plane_height(canvas, i);
    }
    memory = bytes > 0 ? malloc(bytes) : NULL;
    canvas->owner = memory;
    canvas->release = free;
    if (memory == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < canvas->planes; i++)
        canvas->samples[i] = memory + at[i];
    return 0;
}

static bool is_same_kind(const struct heif_frame *a, const struct heif_frame *b)
{
    return a->bits == b->bits && a->planes == b->planes && a->x_shift == b->x_shift &&
           a->y_shift == b->y_shift;
}

/* What of the tile lies within the canvas; its corner is at column x and row y. */
static void copy_tile(const struct heif_frame *tile, uint32_t x, uint32_t y,
                      struct heif_frame *canvas)
{
    const unsigned sample = heif_sample_bytes(canvas);

    for (unsigned i = 0; i < canvas->planes; i++) {
        const uint32_t left = i > 0 ? x >> canvas->x_shift : x;
        const uint32_t top = i > 0 ? y >> canvas->y_shift : y;
        uint32_t columns = heif_plane_width(canvas, i) - left;
        uint32_t rows = heif_plane_height(canvas, i) - top;
        uint8_t *memory = canvas->owner;
        uint8_t *to = memory + (canvas->samples[i] - memory) + (size_t)top * canvas->strides[i] +
                      (size_t)left * sample;

        if (columns > heif_plane_width(tile, i))
            columns = heif_plane_width(tile, i);
        if (rows > heif_plane_height(tile, i))
            rows = heif_plane_height(tile, i);
        for (uint32_t row = 0; row < rows; row++)
            memcpy(to + row * canvas->strides[i], tile->samples[i] + row * tile->strides[i],
                   (size_t)columns * sample);
    }
}

static int decode_tile(const struct heif_file *file, const struct heif_grid *grid, unsigned index,
                       struct heif_frame *canvas)
{
    const uint32_t x = index % grid->columns * grid->tile.width;
    const uint32_t y = index / grid->columns * grid->tile.height;
    _cleanup_(heif_frame_clear) struct heif_frame tile = {0};
    struct heif_item item;
    int status = heif_read_tile(file, grid, index, &item);

    if (status == 0)
        status = decode_item(file, &item, &tile);
    if (status == 0 && index == 0)
        status = allocate_canvas(grid, &tile, canvas);
    if (status != 0)
        return status;
    /* a sample of chroma belongs to one tile (7.3.11.4.2 of MIAF) */
    if (!is_same_kind(&tile, canvas) || x % (1u << canvas->x_shift) != 0 ||
        y % (1u << canvas->y_shift) != 0)
        return STATUS_IMAGE_CORRUPT;
    copy_tile(&tile, x, y, canvas);
    return 0;
}

int heif_decode_grid(const struct heif_file *file, const struct heif_grid *grid,
                     struct heif_frame *frame)
{
    int status = 0;

    *frame = (struct heif_frame){0};
    if (grid->tiles.count == 0)
        return decode_item(file, &grid->tile, frame);
    for (unsigned i = 0; i < grid->tiles.count && status == 0; i++)
        status = decode_tile(file, grid, i, frame);
    if (status != 0)
        heif_frame_clear(frame);
    return status;
}
