/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/edge.h"
#include "image/pixels/reducer_taps.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Where the samples of a result's component lie among the decoded ones, in one dimension: which
 * blocks are decoded, and how they become the result. Pure arithmetic, any thread.
 *
 * A sample of chroma may stand for several pixels of the result, from the result's own left or
 * upper edge on: if an odd number of pixels is mirrored, the stored image's last sample stands for
 * fewer, and so the first one begins before the image.
 */

/* One dimension of the result, as the image is stored: before it is turned. */
struct grid_size {
    uint32_t image;           /* the source's pixels */
    uint32_t part_from, part; /* what is resized of it */
    uint32_t resized;         /* to so many pixels */
    uint32_t cut_from, cut;   /* what is left of these: the result */
    bool mirrored;            /* once it is turned */
};

/* One component in that dimension. */
struct grid_component {
    unsigned sampling, sampling_max; /* the source's factor and the largest of all components */
    unsigned shared;                 /* pixels of the result for each sample */
    unsigned points;                 /* that blocks are decoded to */
};

/* The samples of the result for each of the component's: of the least factor that makes these
 * sizes, so that what is decoded is not larger than it must be. */
double grid_factor(const struct grid_size *size, const struct grid_component *component);

/* The samples of the result. */
uint32_t grid_count(const struct grid_size *size, const struct grid_component *component);

/* Whether the result begins with the first sample that is decoded for it, each of the component's
 * points is a sample, and none has to be moved. */
bool grid_is_unmoved(const struct grid_size *size, const struct grid_component *component);

/* Whether samples of the decoded component are those of the result, one by one: then it is only cut
 * to size. */
bool grid_is_direct(const struct grid_size *size, const struct grid_component *component);

/* Of a component that is only cut to size: the blocks, and the first sample in them. */
struct jpeg_span grid_direct_span(const struct grid_size *size,
                                  const struct grid_component *component, uint32_t *first);

/* Of one that is resized: the blocks under the filters. */
struct jpeg_span grid_span(const struct grid_size *size, const struct grid_component *component);

/* The filters for samples that come from that span. */
struct reducer_axis grid_axis(const struct grid_size *size, const struct grid_component *component,
                              const struct jpeg_span *span);
