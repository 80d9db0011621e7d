/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/luma.h"

#include "image/jpeg/luma_baseline.h"
#include "image/jpeg/luma_progressive.h"

#include <errno.h>

int jpeg_luma(const struct jpeg_layout *layout, uint8_t *output, size_t capacity, size_t *size)
{
    const struct jpeg_component *luma = &layout->component[0];

    if (luma->h != layout->h_max || luma->v != layout->v_max)
        return -ENOTSUP;
    return layout->progressive ? jpeg_luma_progressive(layout, output, capacity, size)
                               : jpeg_luma_baseline(layout, output, capacity, size);
}
