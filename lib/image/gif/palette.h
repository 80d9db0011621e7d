/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/write.h"

#include <stddef.h>

/*
 * The colours that a frame of a result is made of, and for any colour the nearest of them: looked
 * up in a cube of cells of GIF_CELL_BITS bits a channel. A cell knows the two colours that are
 * nearest to its middle once it was asked for. A colour of the palette itself is always found
 * exactly. A pixel is R, G, B, A, a byte each.
 */
enum { GIF_CELL_BITS = 6, GIF_CELLS = 1 << (3 * GIF_CELL_BITS), GIF_FOUND_BITS = 11 };

/* A colour that was searched for, and the index found; pixel 0: none. */
struct gif_found {
    uint32_t pixel, index;
};

struct gif_palette {
    unsigned count;               /* of colours, at most GIF_COLOURS */
    uint32_t pixels[GIF_COLOURS]; /* opaque */
    int16_t red[GIF_COLOURS], green[GIF_COLOURS], blue[GIF_COLOURS]; /* the same, to be searched */
    uint16_t *cells; /* two indices, or that there are none yet; owned */
    struct gif_found
        found[1 << GIF_FOUND_BITS]; /* lately, in cells of several colours, by their hash */
};

/* 0 or -ENOMEM. To be cleared in either case. */
int gif_palette_begin(struct gif_palette *palette);

void gif_palette_clear(struct gif_palette *palette);

/* Makes it these colours: at most `limit`, each once. Of more, those are left out that others come
 * closest to. */
void gif_palette_set(struct gif_palette *palette, const uint32_t *pixels, unsigned count,
                     unsigned limit);

/* The index of the colour that is nearest to the pixel's. */
unsigned gif_palette_find(struct gif_palette *palette, uint32_t pixel);

/* The mean of the squared distance of `count` pixels to the nearest colours, over three channels.
 */
double gif_palette_error(struct gif_palette *palette, const uint32_t *pixels, size_t count);
