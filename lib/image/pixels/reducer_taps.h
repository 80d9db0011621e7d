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

/*
 * One dimension: the samples going in, and those of the result among them.
 *
 * The first and the last samples may lie closer together than the others, so that an image that
 * begins or ends within one of these begins and ends where it does: each of the head's and tail's
 * stands for edge_size of another one. A part of the very first and of the very last sample may lie
 * outside the image.
 */
struct reducer_axis {
    uint32_t length;           /* samples going in */
    uint32_t to;               /* samples of the result */
    double start, step;        /* sample i of it is centred at start + (i + 0.5) * step - 0.5; 0 is
                                * the first sample going in behind the head */
    uint32_t head, tail;       /* samples in them */
    double edge_size;          /* 0..1 */
    double cut_head, cut_tail; /* the parts outside the image, 0..1 */
};

/* The largest number of samples under one of the filters. */
uint32_t reducer_count_taps(const struct reducer_axis *axis);

/* Fills in filter->taps and filter->weights, which have room for axis->to samples of the result;
 * the weights of each sum up to 1 exactly. One thread. */
void reducer_find_weights(struct reducer_filter *filter, const struct reducer_axis *axis);
