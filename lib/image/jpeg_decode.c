/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_decode.h"

/* What both kinds of JPEG have in common: sizes, and where samples go. */

struct jpeg_extent jpeg_decoded_extent(const struct jpeg_layout *layout, unsigned component,
                                       unsigned points)
{
    const struct jpeg_component *size = &layout->component[component];
    const uint32_t across = 8U * layout->h_max, down = 8U * layout->v_max;
    /* The component's own pixels (T.81, A.1.1), and then of these the samples that hold any. */
    uint32_t width = (layout->width * size->h + layout->h_max - 1) / layout->h_max;
    uint32_t height = (layout->height * size->v + layout->v_max - 1) / layout->v_max;

    return (struct jpeg_extent){
        .width = (width * points + 7) / 8,
        .height = (height * points + 7) / 8,
        .padded_width = (layout->width + across - 1) / across * size->h * points,
        .padded_height = (layout->height + down - 1) / down * size->v * points,
    };
}

void jpeg_target_prepare(const struct jpeg_target *target, const struct jpeg_component *component,
                         struct idct *idct)
{
    idct_prepare(idct, component,
                 &(struct idct_options){.points = target->points,
                                        .deep = target->reducer != NULL,
                                        .pairs = target->halver != NULL,
                                        .along_x = target->along_x,
                                        .along_y = target->along_y});
}

uint8_t *jpeg_target_begin(struct jpeg_target *target)
{
    target->row = 0;
    return jpeg_target_advance(target, 0);
}

uint8_t *jpeg_target_advance(struct jpeg_target *target, uint32_t rows)
{
    if (target->halver != NULL)
        return halver_take(target->halver, rows);
    if (target->reducer != NULL)
        return reducer_take(target->reducer, rows);
    target->row += rows;
    return target->plane->data + target->row * target->plane->pitch;
}

size_t jpeg_target_pitch(const struct jpeg_target *target)
{
    if (target->halver != NULL)
        return target->halver->pitch;
    return target->reducer != NULL ? target->reducer->pitch : target->plane->pitch;
}

int jpeg_decode(const struct jpeg_layout *layout, struct jpeg_decoding *decoding)
{
    return layout->progressive ? jpeg_decode_progressive(layout, decoding)
                               : jpeg_decode_baseline(layout, decoding);
}
