/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/target.h"

/* What both kinds of JPEG have in common: sizes, and where samples go. */

/* T.81, A.1.1. Halved chroma is interpolated when it is shown: then a last pixel that lies half
 * behind the edge has three quarters of another's weight in what is seen. */
static struct edge_length find_length(uint32_t image, unsigned sampling, unsigned sampling_max)
{
    const uint32_t pixels = (image * sampling + sampling_max - 1) / sampling_max;
    const double behind = (double)(pixels * sampling_max - image * sampling) / sampling_max;

    return (struct edge_length){pixels, sampling_max == 2 * sampling ? behind / 2 : behind};
}

/* The samples that so many pixels become; with eight points each pixel is one. */
static uint32_t count_samples(const struct edge_length *length, unsigned points, uint32_t *tail)
{
    const unsigned inside = edge_inside(length->pixels);

    *tail = points < 8 && edge_is_inside(length) ? inside : 0;
    if (points == 8)
        return length->pixels;
    return (length->pixels - *tail) / 8 * points + *tail;
}

struct jpeg_extent jpeg_decoded_extent(const struct jpeg_layout *layout, unsigned component,
                                       unsigned points)
{
    const struct jpeg_component *size = &layout->component[component];
    const struct jpeg_mcus mcus = jpeg_frame_mcus(layout);
    struct jpeg_extent extent = {
        .horizontal = find_length(layout->width, size->h, layout->h_max),
        .vertical = find_length(layout->height, size->v, layout->v_max),
        .padded_width = mcus.columns * size->h * points,
        .padded_height = mcus.rows * size->v * points,
    };

    extent.width = count_samples(&extent.horizontal, points, &extent.tail_x);
    extent.height = count_samples(&extent.vertical, points, &extent.tail_y);
    return extent;
}

void jpeg_target_prepare(struct jpeg_target *target, const struct jpeg_layout *layout,
                         unsigned component, struct idct *idct)
{
    const struct jpeg_extent extent = jpeg_decoded_extent(layout, component, target->points);

    idct_prepare(idct, &layout->component[component],
                 &(struct idct_options){.points = target->points,
                                        .deep = target->reducer != NULL,
                                        .pairs = target->halver != NULL,
                                        .along_x = target->along_x,
                                        .along_y = target->along_y});
    jpeg_edges_prepare(&target->edges, idct, &layout->component[component], &extent.horizontal,
                       &extent.vertical);
    target->rows = idct->rows;
}

uint8_t *jpeg_target_begin(struct jpeg_target *target)
{
    target->row = 0;
    return jpeg_target_advance(target, 0);
}

/* Rows of samples of so many rows of blocks. The last one may have more of them than the others. */
static uint32_t count_rows(const struct jpeg_target *target, uint32_t blocks)
{
    const struct jpeg_edges *edges = &target->edges;
    uint32_t rows = blocks * target->rows;

    if (target->reducer != NULL && edges->any && edges->vertical.first < edges->vertical.blocks &&
        target->row < edges->vertical.blocks && target->row + blocks >= edges->vertical.blocks)
        rows = (edges->vertical.first - target->row) * target->rows + edges->vertical.inside;
    return rows;
}

uint8_t *jpeg_target_advance(struct jpeg_target *target, uint32_t blocks)
{
    const uint32_t rows = count_rows(target, blocks);

    target->row += blocks;
    if (target->halver != NULL)
        return halver_take(target->halver, rows);
    if (target->reducer != NULL)
        return reducer_take(target->reducer, rows);
    return target->plane->data + (size_t)target->row * target->rows * target->plane->pitch;
}

size_t jpeg_target_pitch(const struct jpeg_target *target)
{
    if (target->halver != NULL)
        return target->halver->pitch;
    return target->reducer != NULL ? target->reducer->pitch : target->plane->pitch;
}
