/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/edge.h"
#include "image/jpeg/halver.h"
#include "image/jpeg/idct.h"
#include "image/jpeg/layout.h"
#include "image/pixels/reducer.h"

/*
 * Where decoders put a component, one row of blocks after the other: into a plane, or through a
 * reducer or a halver. One thread.
 */
struct jpeg_target {
    unsigned points;                       /* 1..8 */
    struct jpeg_span horizontal, vertical; /* the blocks that are wanted */
    uint32_t along_x, along_y;             /* idct.h */
    struct plane *plane;                   /* placed, of the size of jpeg_target_size; NULL: */
    struct reducer *reducer;               /* begun; NULL: */
    struct halver *halver;                 /* begun */
    struct jpeg_edges edges;
    uint32_t row;    /* of blocks, to be written next */
    uint32_t filled; /* rows written so far */
    unsigned rows;   /* that a row of blocks inside fills */
};

struct jpeg_decoding {
    unsigned components; /* that are wanted: none; 1, the luma alone; or all */
    struct jpeg_target target[JPEG_COMPONENTS_MAX];
};

/* Wants the whole component, which has its points. */
void jpeg_target_want_all(struct jpeg_target *target, const struct jpeg_layout *layout,
                          unsigned component);

/* Room for the samples of all blocks that may be written: those of whole MCUs. */
struct jpeg_target_size {
    uint32_t width, height;
};

struct jpeg_target_size jpeg_target_size(const struct jpeg_target *target,
                                         const struct jpeg_component *component);

/* Prepares the transforms that fill a target: *idct for most blocks, target->edges for those at the
 * edges. */
void jpeg_target_prepare(struct jpeg_target *target, const struct jpeg_component *component,
                         struct idct *idct);

/* Returns where the first row of blocks goes; then, when `blocks` rows of blocks were written there
 * (at most REDUCER_ROWS_MAX rows of samples), where the next one goes. Rows that are not wanted
 * count, and fill nothing. */
uint8_t *jpeg_target_begin(struct jpeg_target *target);
uint8_t *jpeg_target_advance(struct jpeg_target *target, uint32_t blocks);
size_t jpeg_target_pitch(const struct jpeg_target *target);

/* The rows that a row of blocks fills; and the column of blocks that goes `*inset` bytes behind the
 * beginning of them: the first one that is wanted and is not at an edge. */
uint32_t jpeg_target_rows(const struct jpeg_target *target, uint32_t row);
uint32_t jpeg_target_column(const struct jpeg_target *target, size_t *inset);
