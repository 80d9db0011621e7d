/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

/*
 * The weights of lanczos3 in floating point, for a row or a column of `length` samples resized to
 * `count`, more or fewer: for each sample of the result as many weights, normalized where the
 * filter leaves the image. For images that are filtered in floating point; planes of 8 bits have
 * reducer.h.
 */
struct lanczos_filter {
    uint32_t count, taps; /* samples of the result; weights for each */
    uint32_t *first;      /* for each: the source's sample that the first weight is for; owned */
    float *weights;       /* owned */
};

/* 0 or -ENOMEM. To be cleared in either case. */
int lanczos_filter_begin(struct lanczos_filter *filter, uint32_t length, uint32_t count);

void lanczos_filter_clear(struct lanczos_filter *filter);
