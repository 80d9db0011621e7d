/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/plane.h"
#include "image/pixels/reducer_kernels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reduces one component while it is decoded: rows of samples go in from the top, and a plane of
 * exact size comes out, filtered (Lanczos, 3 lobes, normalized at the edges). Only the rows that
 * are under the filter exist, and stay in the processor's cache.
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

/*
 * The last samples of each row and column may lie closer together than the others, so that a
 * image that ends within one of these ends where it ends: each of the tail's stands for so much
 * of another one as tail_size says. And of the very last one some may lie behind the image's
 * edge.
 */
struct reducer_options {
    uint32_t width, height;  /* of what goes in */
    uint32_t tail_x, tail_y; /* samples of them in the tail; 0: there is none */
    double tail_size;        /* 0..1 */
    double cut_x, cut_y;     /* of the last sample, what is behind the edge, 0..1 */
    uint32_t padded_width;   /* samples in a row that may be written */
    uint32_t to_width, to_height;
    double step_x, step_y; /* samples going in for each of the result; sample i of it is centred at
                            * (i + 0.5) * step - 0.5 */
    bool transposed;       /* the plane is filled with rows and columns swapped */
};

/* The memory that a reducer needs, without its plane; and laying it out there. `to` is placed, in
 * to_width x to_height, or swapped where transposed. */
size_t reducer_bytes(const struct reducer_options *options);
void reducer_begin(struct reducer *reducer, const struct reducer_options *options, uint8_t *memory,
                   struct plane *to);

/* Takes the `rows` rows that were written at the last pointer, and returns where the next ones go,
 * REDUCER_ROWS_MAX at most, reducer->pitch apart. To be called with 0 at first. */
uint8_t *reducer_take(struct reducer *reducer, uint32_t rows);
