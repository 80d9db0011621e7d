/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/plane.h"
#include "image/pixels/reducer_kernels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Resizes one component while it is decoded: rows of samples go in from the top, and a plane of
 * exact size comes out, filtered (Lanczos, 3 lobes, normalized at the edges). Only the rows that
 * are under the filter exist, and stay in the processor's cache. It is made for planes that become
 * smaller, but a few samples can also become more.
 *
 * Samples going in have 16 bits: sample - 128, with a fraction of REDUCER_FRACTION_BITS bits,
 * within REDUCER_MIN..REDUCER_MAX, so that filtering twice does not round twice. One thread.
 */
enum {
    REDUCER_MIN = -128 * 64, /* 0 and 255 */
    REDUCER_MAX = 127 * 64,
    REDUCER_ROWS_MAX = 64, /* that may go in at once */
};

struct reducer {
    const struct reducer_kernels *kernels; /* for few taps */
    uint32_t width, height;                /* of what goes in */
    struct reducer_filter horizontal, vertical;
    uint8_t *window; /* rows that went in and are still needed */
    size_t pitch;    /* of them, bytes */
    uint32_t window_rows, window_first, window_filled;
    uint8_t *strip; /* rows filtered vertically, until there are enough to be transposed */
    uint32_t strip_rows;
    uint8_t *turned, *narrow; /* the strip's columns; filtered horizontally */
    uint32_t done;            /* rows of the result that are in the strip or finished */
    struct plane *to;
    bool transposed;
};

struct reducer_options {
    struct reducer_axis horizontal, vertical;
    uint32_t padded_width; /* samples in a row that may be written */
    bool transposed;       /* the plane is filled with rows and columns swapped */
};

/* The memory that a reducer needs, without its plane; and laying it out there. `to` is placed, as
 * wide and high as both axes say, or swapped where transposed. */
size_t reducer_bytes(const struct reducer_options *options);
void reducer_begin(struct reducer *reducer, const struct reducer_options *options, uint8_t *memory,
                   struct plane *to);

/* Takes the `rows` rows that were written at the last pointer, and returns where the next ones go,
 * REDUCER_ROWS_MAX at most, reducer->pitch apart. To be called with 0 at first. */
uint8_t *reducer_take(struct reducer *reducer, uint32_t rows);
