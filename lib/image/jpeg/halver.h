/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/halver_filter.h"
#include "image/pixels/plane.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Resizes one component to one half while it is decoded, from the 36 lowest coefficients of each
 * block and of its neighbours (synthesis.h): inverse DCT and filter in one, vertically and then
 * horizontally.
 *
 * A row of blocks goes in as three rows of pairs, `pitch` bytes apart: coefficients (v0 v1) of u =
 * 0, 1, 2, 3, 4, 5 of each block, then (v2 v3), then (v4 v5), dequantized, 16 bits each. A block
 * with fewer than eight columns or rows of pixels has the coefficients of a DCT of as many points
 * (edge.h). Four rows of 8-bit samples come out as soon as the next row of blocks is there. One
 * thread.
 */
struct halver {
    const struct halver_kernels *kernels;
    struct halver_filter filter;
    uint32_t rows;           /* of blocks with pixels */
    struct idct_phase phase; /* vertical */
    uint8_t *bands;          /* the last rows of blocks */
    size_t pitch;            /* of a row of pairs, bytes */
    unsigned ring;           /* rows of blocks in `bands` */
    uint32_t taken;          /* rows of blocks taken so far */
    unsigned inside;         /* rows of pixels in the last row of blocks */
    struct plane *to;
};

struct halver_options {
    uint32_t columns, rows;      /* blocks with pixels */
    uint32_t padded_columns;     /* columns of blocks that go in */
    unsigned rows_at_once;       /* rows of blocks that go in at once */
    uint32_t along_x, along_y;   /* idct.h */
    unsigned inside_x, inside_y; /* columns and rows of pixels in the last blocks, 1..8 */
};

/* halver_bytes is the memory that it needs, aligned to 32, without its plane. `to` has its memory
 * already, four by four samples for each block. */
size_t halver_bytes(const struct halver_options *options);
void halver_begin(struct halver *halver, const struct halver_options *options, uint8_t *memory,
                  struct plane *to);

/* Takes the `rows` rows of pairs written at the pointer of the last call, and returns where the
 * next ones go. The first call takes 0 rows. */
uint8_t *halver_take(struct halver *halver, uint32_t rows);
