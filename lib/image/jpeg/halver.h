/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/halver_filter.h"
#include "image/pixels/plane.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Reduces one component to one half while it is decoded, from the 36 lowest coefficients of each
 * block and of its neighbours (synthesis.h): inverse DCT and filter in one, first
 * vertically, then horizontally.
 *
 * A row of blocks goes in as three rows of pairs, one `pitch` apart: coefficients (v0 v1) of u = 0,
 * 1, 2, 3, 4, 5 of each block, then (v2 v3), then (v4 v5), multiplied by their quantizers, 16 bits
 * each. Of blocks that hold less than eight columns or rows of pixels they are the coefficients of
 * a DCT of so many points (edge.h). Four rows of the result come out, of 8 bits, as soon as the
 * next row of blocks is there. One thread.
 */
struct halver {
    const struct halver_kernels *kernels;
    struct halver_filter filter;
    uint32_t rows;           /* of blocks that hold pixels */
    struct idct_phase phase; /* vertical */
    uint8_t *bands;          /* rows of blocks, the last few of them */
    size_t pitch;            /* of a row of pairs, bytes */
    unsigned ring;           /* rows of blocks that there is memory for */
    uint32_t taken;          /* rows of blocks that went in */
    unsigned inside;         /* rows of pixels that the last blocks hold */
    struct plane *to;
};

struct halver_options {
    uint32_t columns, rows;      /* blocks that hold pixels */
    uint32_t padded_columns;     /* that go in */
    unsigned rows_at_once;       /* of blocks, that go in at once */
    uint32_t along_x, along_y;   /* idct.h */
    unsigned inside_x, inside_y; /* columns and rows of pixels that the last blocks hold, 1..8 */
};

/* The memory that it needs, without its plane, aligned to 32; and laying it out there. `to` is
 * placed, four samples a block. */
size_t halver_bytes(const struct halver_options *options);
void halver_begin(struct halver *halver, const struct halver_options *options, uint8_t *memory,
                  struct plane *to);

/* Takes the `rows` rows of pairs that were written at the last pointer, and returns where the next
 * ones go. To be called with 0 at first. */
uint8_t *halver_take(struct halver *halver, uint32_t rows);
