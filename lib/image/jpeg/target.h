/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/edge.h"
#include "image/jpeg/halver.h"
#include "image/jpeg/idct.h"
#include "image/jpeg/layout.h"
#include "image/pixels/reducer.h"

/*
 * Decodes a JPEG, each component as it was sampled, to points/8 of its size. Only the coefficients
 * that a transform of so many points looks at are kept; but every code of every scan is read, so
 * that a damaged picture is one at any size. Blocks that the picture ends in are decoded in full
 * (edge.h).
 */

/* Where a component goes, one row of blocks after the other: into a plane, or through a reducer or
 * a halver. */
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
    unsigned components; /* 0: none, for what their scans say; 1: the luma alone; or all */
    struct jpeg_target target[JPEG_COMPONENTS_MAX];
};

/* The size of a component: its pixels; in samples for a reducer, those of the last blocks being as
 * many as there are pixels where these are not whole; and in samples of its whole MCUs. */
struct jpeg_extent {
    struct edge_length across, down;
    uint32_t width, height;
    uint32_t tail_x, tail_y; /* pixels/reducer.h */
    uint32_t padded_width, padded_height;
};

struct jpeg_extent jpeg_decoded_extent(const struct jpeg_layout *layout, unsigned component,
                                       unsigned points);

/* 0; STATUS_IMAGE_CORRUPT; -ENOMEM. The targets move on. Not of arithmetic coding. */
int jpeg_decode(const struct jpeg_layout *layout, struct jpeg_decoding *decoding);

/* Whether all scans are sound, by reading them for nothing else; likewise. */
int jpeg_check(const struct jpeg_layout *layout);

/* The two ways it takes. */
int jpeg_decode_baseline(const struct jpeg_layout *layout, struct jpeg_decoding *decoding);
int jpeg_decode_progressive(const struct jpeg_layout *layout, struct jpeg_decoding *decoding);

/* Reads one scan of a baseline JPEG for nothing but whether it is sound. */
int jpeg_pass_baseline_scan(const struct jpeg_layout *layout, const struct jpeg_scan *scan);

/* The transforms that fill it: of most blocks, and target->edges. */
void jpeg_target_prepare(struct jpeg_target *target, const struct jpeg_layout *layout,
                         unsigned component, struct idct *idct);

/* Where the first row of blocks goes; then, when so many of them were written, at most
 * REDUCER_ROWS_MAX rows, where the next one goes. */
uint8_t *jpeg_target_begin(struct jpeg_target *target);
uint8_t *jpeg_target_advance(struct jpeg_target *target, uint32_t blocks);
size_t jpeg_target_pitch(const struct jpeg_target *target);
