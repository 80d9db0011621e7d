/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/plane.h"
#include "image/pixels/reducer.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Rows of interleaved samples of 8 bits go in from the top; a smaller picture of exact size comes
 * out, filtered as a JPEG's planes are (reducer.h). For what is decoded by other libraries. One
 * thread at a time.
 */
enum { SHRINK_BANDS_MAX = 4 };

struct shrink {
    unsigned bands;
    bool alpha;
    unsigned faint;  /* up to this alpha a pixel's own colour is not kept; 0 at first */
    uint32_t width;  /* of what goes in */
    uint8_t *memory; /* all of it in one piece; owned */
    struct reducer reducers[SHRINK_BANDS_MAX];
    struct plane planes[SHRINK_BANDS_MAX]; /* what comes out, a band each */
    uint8_t *next[SHRINK_BANDS_MAX];       /* where the next row goes */
    uint32_t pending;                      /* rows written there and not yet taken */
};

struct shrink_size {
    uint32_t width, height, to_width,
        to_height;         /* the latter no larger than the former, and not 0 */
    double step_x, step_y; /* pixels going in for each that comes out; 0: as the sizes say */
};

/* With `alpha` the last band is that, and weighs the others: what is not seen does not bleed into
 * its neighbours. 0 or -ENOMEM. To be cleared in either case. */
int shrink_begin(struct shrink *shrink, const struct shrink_size *size, unsigned bands, bool alpha);

/* The next row: width * bands samples. */
void shrink_row(struct shrink *shrink, const uint8_t *samples);

/* Once all rows are in: the planes hold the result. */
void shrink_end(struct shrink *shrink);

/* The result as interleaved rows without gaps: to_width * to_height * bands bytes. */
void shrink_interleave(const struct shrink *shrink, uint8_t *samples);

void shrink_clear(struct shrink *shrink);
