/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/plane.h"
#include "image/pixels/reducer.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Rows of interleaved samples of 8 bits go in from the top; a smaller image of exact size comes
 * out, filtered as a JPEG's planes are (reducer.h). For images that other libraries decode. One
 * thread at a time.
 */
enum { RESIZER_BANDS_MAX = 8 };

struct resizer {
    unsigned bands;
    bool alpha;
    unsigned faint;  /* up to this alpha a pixel's own colour is not kept; 0 at first */
    uint32_t width;  /* of what goes in */
    uint8_t *memory; /* all of it in one piece; owned */
    struct reducer reducers[RESIZER_BANDS_MAX];
    struct plane planes[RESIZER_BANDS_MAX]; /* what comes out, a band each */
    uint8_t *next[RESIZER_BANDS_MAX];       /* where the next row goes */
    uint32_t pending;                       /* rows written there and not yet taken */
};

struct resizer_size {
    uint32_t width, height;
    uint32_t to_width, to_height; /* no larger than the former, and not 0 */
    double step_x, step_y;        /* pixels going in for each that comes out; 0: as the sizes say */
};

/* With `alpha` the last band is that, and weighs the others: what is not seen does not bleed into
 * its neighbours. 0 or -ENOMEM. To be cleared in either case. */
int resizer_begin(struct resizer *resizer, const struct resizer_size *size, unsigned bands,
                  bool alpha);

/* The next row: width * bands samples. */
void resizer_row(struct resizer *resizer, const uint8_t *samples);

/* Once all rows are in: the planes hold the result. */
void resizer_end(struct resizer *resizer);

/* The result as interleaved rows without gaps: to_width * to_height * bands bytes. */
void resizer_interleave(const struct resizer *resizer, uint8_t *samples);

void resizer_clear(struct resizer *resizer);
