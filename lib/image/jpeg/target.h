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
    unsigned points;           /* 1..8 */
    uint32_t along_x, along_y; /* idct.h */
    struct plane *plane;       /* placed, of whole MCUs; NULL: */
    struct reducer *reducer;   /* begun; NULL: */
    struct halver *halver;     /* begun */
    struct jpeg_edges edges;
    uint32_t row;  /* of blocks, to be written next */
    unsigned rows; /* that a row of blocks fills */
};

struct jpeg_decoding {
    unsigned components; /* that are wanted: none; 1, the luma alone; or all */
    struct jpeg_target target[JPEG_COMPONENTS_MAX];
};

/* The size of a decoded component: in pixels; in samples for a reducer, of which the last blocks
 * have one for each pixel where the image ends inside them; and in samples of its whole MCUs. */
struct jpeg_extent {
    struct edge_length horizontal, vertical;
    uint32_t width, height;
    uint32_t tail_x, tail_y; /* pixels/reducer.h */
    uint32_t padded_width, padded_height;
};

struct jpeg_extent jpeg_decoded_extent(const struct jpeg_layout *layout, unsigned component,
                                       unsigned points);

/* Prepares the transforms that fill a target: *idct for most blocks, target->edges for those at the
 * edges. */
void jpeg_target_prepare(struct jpeg_target *target, const struct jpeg_layout *layout,
                         unsigned component, struct idct *idct);

/* Returns where the first row of blocks goes; then, when `blocks` rows of blocks were written there
 * (at most REDUCER_ROWS_MAX rows of samples), where the next one goes. */
uint8_t *jpeg_target_begin(struct jpeg_target *target);
uint8_t *jpeg_target_advance(struct jpeg_target *target, uint32_t blocks);
size_t jpeg_target_pitch(const struct jpeg_target *target);
