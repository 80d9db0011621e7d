/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_decode.h"

#include "image/jpeg_memory.h"

#include <errno.h>

/* Lays out the planes; the decoding itself is in the file of each kind of JPEG. */

static uint32_t scaled(uint64_t length, unsigned factor, unsigned factor_max, unsigned points)
{
    uint64_t of_component = (length * factor + factor_max - 1) / factor_max;

    return (uint32_t)((of_component * points + 7) / 8);
}

/* In samples of whole MCUs. */
static uint32_t padded(uint32_t length, unsigned factor, unsigned factor_max, unsigned points)
{
    return (length + 8 * factor_max - 1) / (8 * factor_max) * factor * points;
}

int jpeg_decode(const struct jpeg_layout *layout, const struct jpeg_decoding *decoding,
                struct plane planes[JPEG_COMPONENTS_MAX])
{
    const unsigned points = decoding->points;
    size_t bytes = 0;
    uint8_t *memory;

    for (unsigned i = 0; i < decoding->components; i++) {
        const struct jpeg_component *c = &layout->component[i];

        bytes += plane_bytes(padded(layout->width, c->h, layout->h_max, points),
                             padded(layout->height, c->v, layout->v_max, points));
    }
    if ((memory = jpeg_memory(MEMORY_PLANES, bytes)) == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < decoding->components; i++) {
        const struct jpeg_component *c = &layout->component[i];
        uint32_t width = padded(layout->width, c->h, layout->h_max, points);
        uint32_t height = padded(layout->height, c->v, layout->v_max, points);

        plane_place(&planes[i], memory, width, height);
        memory += plane_bytes(width, height);
        planes[i].width = scaled(layout->width, c->h, layout->h_max, points);
        planes[i].height = scaled(layout->height, c->v, layout->v_max, points);
    }
    return layout->progressive ? jpeg_decode_progressive(layout, decoding, planes)
                               : jpeg_decode_baseline(layout, decoding, planes);
}
