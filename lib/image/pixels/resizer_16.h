/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/lanczos_filter.h"
#include "image/pixels/resizer.h"

/*
 * shrink.h for samples of 16 bits, which are rare: the same filter, in floating point. vips_resize
 * would keep about ten of the sixteen bits (docs/design.md). One thread at a time.
 */
struct resizer_16 {
    struct resizer_size size;
    unsigned bands;
    bool alpha, is_signed;
    struct lanczos_filter horizontal, vertical;
    float *row, *narrow; /* what came in last; that filtered horizontally */
    float *sums;         /* rows of the result that are under the filter, one after the other */
    uint32_t sums_rows;  /* that there is room for; row y of the result is at y % sums_rows */
    uint32_t taken, begun,
        done;          /* rows that came in; rows of the result that are begun and finished */
    uint16_t *samples; /* the result; owned, or handed on */
};

/* As resizer_begin, for samples of 16 bits: unsigned ones, or signed ones without alpha. */
int resizer_16_begin(struct resizer_16 *resizer, const struct resizer_size *size, unsigned bands,
                     bool alpha, bool is_signed);

/* The next row: width * bands samples. */
void resizer_16_row(struct resizer_16 *resizer, const uint16_t *samples);

void resizer_16_clear(struct resizer_16 *resizer);
