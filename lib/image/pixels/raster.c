/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/raster.h"

/* Rec. 601 has 220 steps of luma from 16, and 225 of chroma around 128. */
enum { LUMA_STEPS = 219, CHROMA_STEPS = 224, LUMA_BLACK = 16, CHROMA_LEAST = 16 };

static void narrow_plane(const struct plane *plane, unsigned steps, unsigned least)
{
    uint8_t narrowed[256];

    for (unsigned i = 0; i < 256; i++)
        narrowed[i] = (uint8_t)((i * steps + 127) / 255 + least);
    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *row = plane->data + y * plane->pitch;

        for (uint32_t x = 0; x < plane->width; x++)
            row[x] = narrowed[row[x]];
    }
}

void raster_to_video_range(struct raster *raster)
{
    if (raster->video_range)
        return;
    narrow_plane(&raster->planes[RASTER_LUMA], LUMA_STEPS, LUMA_BLACK);
    for (unsigned i = RASTER_CB; raster->colour && i <= RASTER_CR; i++)
        narrow_plane(&raster->planes[i], CHROMA_STEPS, CHROMA_LEAST);
    raster->video_range = true;
}
