/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Which samples a reducer's filters take, and by which weights. */

enum {
    REDUCER_WEIGHT_BITS = 14, /* a weight of 1 */
    REDUCER_TAPS_MANY = 128,  /* from here on, products are too small to be rounded one by one */
};

/* For each of `count` samples of the result: which samples it is made of, and with which weights.
 */
struct reducer_taps {
    uint32_t first, count;
};

struct reducer_filter {
    uint32_t count;
    uint32_t stride; /* weights from one to the next */
    struct reducer_taps *taps;
    int16_t *weights;
};

/* The samples going in along one dimension. */
struct reducer_axis {
    double step; /* samples for each of the result */
    uint32_t length;
    uint32_t body; /* of them, before the tail */
    double tail_size;
    double cut; /* of the last one */
};

/* Samples under one of the filters, at most. */
uint32_t reducer_count_taps(const struct reducer_axis *axis);

/* Fills in filter->taps and filter->weights, which have room for filter->count samples of the
 * result; the weights of each sum up to 1 exactly. One thread. */
void reducer_find_weights(struct reducer_filter *filter, const struct reducer_axis *axis);
