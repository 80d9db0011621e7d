/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/write.h"

#include <stddef.h>

/*
 * The colours of a frame, and for any colour the nearest one, looked up in a cube of cells of
 * GIF_CELL_BITS bits a channel. When a cell is first used, the two colours nearest to its middle
 * are noted in it. A colour of the palette itself is always found exactly. A pixel is R, G, B, A, a
 * byte each.
 */
enum { GIF_CELL_BITS = 6, GIF_CELLS = 1 << (3 * GIF_CELL_BITS), GIF_FOUND_BITS = 11 };

/* A colour and its index; pixel 0: none. */
struct gif_found {
    uint32_t pixel, index;
};

struct gif_palette {
    unsigned count;               /* of colours, at most GIF_COLOURS */
    uint32_t pixels[GIF_COLOURS]; /* opaque */
    int16_t red[GIF_COLOURS], green[GIF_COLOURS], blue[GIF_COLOURS]; /* the same, for the search */
    uint16_t *cells; /* two indices, NOT_YET or SEVERAL; owned */
    struct gif_found
        found[1 << GIF_FOUND_BITS]; /* last results in cells of several colours, by hash */
};

/* 0 or -ENOMEM; the caller clears it in either case. */
int gif_palette_begin(struct gif_palette *palette);

void gif_palette_clear(struct gif_palette *palette);

/* Sets the colours: at most `limit`, each once. If there are more, those with the closest
 * neighbours are left out. */
void gif_palette_set(struct gif_palette *palette, const uint32_t *pixels, unsigned count,
                     unsigned limit);

/* The index of the colour nearest to the pixel's. */
unsigned gif_palette_find(struct gif_palette *palette, uint32_t pixel);

/* The mean squared error of `count` pixels against their nearest colours, over three channels. */
double gif_palette_error(struct gif_palette *palette, const uint32_t *pixels, size_t count);
