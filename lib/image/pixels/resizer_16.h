/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/lanczos_filter.h"
#include "image/pixels/resizer.h"

/*
 * resizer.h in floating point, for what is rare: samples of 16 bits, and sides that grow, where the
 * filter spans six pixels of the source. vips_resize would keep about ten of sixteen bits
 * (docs/design.md). One thread at a time.
 */
enum resizer_samples { RESIZER_8, RESIZER_16, RESIZER_SIGNED_16 /* without alpha */ };

struct resizer_16 {
    struct resizer_size size;
    unsigned bands;
    bool alpha;
    enum resizer_samples kind;
    float least, most; /* of a sample */
    struct lanczos_filter horizontal, vertical;
    float *row, *narrow; /* what came in last; that filtered horizontally */
    float *sums;         /* rows of the result that are under the filter, one after the other */
    uint32_t sums_rows;  /* that there is room for; row y of the result is at y % sums_rows */
    uint32_t taken, begun,
        done;      /* rows that came in; rows of the result that are begun and finished */
    void *samples; /* the result; owned, or handed on */
};

/* As resizer_begin, but any side may grow. */
int resizer_16_begin(struct resizer_16 *resizer, const struct resizer_size *size, unsigned bands,
                     bool alpha, enum resizer_samples kind);

/* The next row: width * bands samples. */
void resizer_16_row(struct resizer_16 *resizer, const void *samples);

void resizer_16_clear(struct resizer_16 *resizer);
