/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/target.h"

/* What both kinds of JPEG have in common: sizes, and where samples go. */

/* T.81, A.1.1. Halved chroma is interpolated when it is shown: then a last pixel that lies half
 * behind the edge has three quarters of another's weight in what is seen. */
static struct jpeg_span all_of(uint32_t image, unsigned sampling, unsigned sampling_max)
{
    const uint32_t pixels = (image * sampling + sampling_max - 1) / sampling_max;
    const double behind = (double)(pixels * sampling_max - image * sampling) / sampling_max;

    return jpeg_span_all(pixels, sampling_max == 2 * sampling ? behind / 2 : behind);
}

void jpeg_target_want_all(struct jpeg_target *target, const struct jpeg_layout *layout,
                          unsigned component)
{
    const struct jpeg_component *size = &layout->component[component];

    target->horizontal = all_of(layout->width, size->h, layout->h_max);
    target->vertical = all_of(layout->height, size->v, layout->v_max);
}

/* An edge may have a sample for each pixel. */
static uint32_t room_for(const struct jpeg_span *span, unsigned sampling, unsigned points)
{
    const uint32_t begin = span->begin / sampling * sampling;
    const uint32_t end = (span->end + sampling - 1) / sampling * sampling;

    return (end - begin) * points + (span->head > 0 ? 8 : 0);
}

struct jpeg_target_size jpeg_target_size(const struct jpeg_target *target,
                                         const struct jpeg_component *component)
{
    return (struct jpeg_target_size){
        room_for(&target->horizontal, component->h, target->points),
        room_for(&target->vertical, component->v, target->points),
    };
}

void jpeg_target_prepare(struct jpeg_target *target, const struct jpeg_component *component,
                         struct idct *idct)
{
    idct_prepare(idct, component,
                 &(struct idct_options){.points = target->points,
                                        .deep = target->reducer != NULL,
                                        .pairs = target->halver != NULL,
                                        .along_x = target->along_x,
                                        .along_y = target->along_y});
    jpeg_edges_prepare(&target->edges, idct, component, &target->horizontal, &target->vertical);
    target->rows = idct->rows;
}

uint8_t *jpeg_target_begin(struct jpeg_target *target)
{
    target->row = target->filled = 0;
    return jpeg_target_advance(target, 0);
}

/* A reducer's rows end where the image does; in planes and halvers whole MCUs have room. */
uint32_t jpeg_target_rows(const struct jpeg_target *target, uint32_t row)
{
    const struct jpeg_edges *edges = &target->edges;

    if (!edges->any)
        return target->rows;
    if (row < edges->vertical.begin || (target->reducer != NULL && row >= edges->vertical.end))
        return 0;
    return jpeg_edges_rows(edges, row);
}

uint32_t jpeg_target_column(const struct jpeg_target *target, size_t *inset)
{
    const struct jpeg_edges *edges = &target->edges;

    *inset = edges->any ? edges->horizontal.first_inside * sizeof(int16_t) : 0;
    return edges->any ? edges->horizontal.from : 0;
}

uint8_t *jpeg_target_advance(struct jpeg_target *target, uint32_t blocks)
{
    uint32_t rows = 0;

    for (uint32_t end = target->row + blocks; target->row < end; target->row++)
        rows += jpeg_target_rows(target, target->row);
    target->filled += rows;
    if (target->halver != NULL)
        return halver_take(target->halver, rows);
    if (target->reducer != NULL)
        return reducer_take(target->reducer, rows);
    return target->plane->data + (size_t)target->filled * target->plane->pitch;
}

size_t jpeg_target_pitch(const struct jpeg_target *target)
{
    if (target->halver != NULL)
        return target->halver->pitch;
    return target->reducer != NULL ? target->reducer->pitch : target->plane->pitch;
}
