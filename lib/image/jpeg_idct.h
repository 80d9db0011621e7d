/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg_entropy.h"
#include "image/jpeg_markers.h"

#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * The inverse DCT of fewer points: a block's lowest `points` x `points` frequencies, as that many
 * samples (the DCT of N points of a reduced block is, scaled, the low part of that of 8 points). In
 * single precision, a row of four or eight samples at once.
 *
 * Coefficients lie in IDCT_BLOCK places, row by row, eight to a row; those that are not wanted all go
 * to one place that counts for nothing.
 */
enum { IDCT_BLOCK = 64 };

/* Row * 8 + column of each coefficient in zigzag order. */
extern const uint8_t idct_natural_order[64];

typedef float idct_row __attribute__((vector_size(32), may_alias));
typedef float idct_half __attribute__((vector_size(16), may_alias));

struct idct {
    idct_row columns[8];       /* columns[u][x]: frequency u at sample x; 0 for x >= points */
    idct_row quantizer[8];     /* by row of frequencies; 0 where it is not wanted */
    float basis[8][8];         /* basis[x][u] */
    unsigned points;
    unsigned last;             /* the last coefficient in zigzag order that is wanted */
    uint8_t place[64];         /* of each coefficient in zigzag order */
};

/* Prepares for one component; 1 <= points <= 8. */
void idct_prepare(struct idct *idct, const struct jpeg_component *component, unsigned points);

/* One block to points x points samples at `to`; 8 samples of each of these rows are written, the
 * surplus ones without meaning. */
static _inline_ void idct_block(const struct idct *idct, const int16_t *block, uint8_t *to,
                                size_t pitch);

/* The same where only the DC coefficient is other than zero. */
static _inline_ void idct_flat(const struct idct *idct, int dc, uint8_t *to, size_t pitch);

/* --- */

typedef int16_t idct_shorts __attribute__((vector_size(16), aligned(2), may_alias));
typedef int16_t idct_short_half __attribute__((vector_size(8), aligned(2), may_alias));

/* Eight samples, rounded and cut to 0..255. */
static _inline_ void idct_store(const idct_half *low, const idct_half *high, uint8_t *to)
{
#ifdef __SSE2__
    __m128i words = _mm_packs_epi32(_mm_cvtps_epi32(*low), _mm_cvtps_epi32(*high));

    _mm_storel_epi64((__m128i_u *)to, _mm_packus_epi16(words, words));
#else
    for (unsigned x = 0; x < 8; x++) {
        float sample = x < 4 ? (*low)[x] : (*high)[x - 4];

        to[x] = (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample + 0.5f);
    }
#endif
}

static _inline_ void idct_narrow(const struct idct *idct, const int16_t *block, uint8_t *to,
                                 size_t pitch, const unsigned points)
{
    idct_half row[4];

    for (unsigned v = 0; v < points; v++)
        row[v] = __builtin_convertvector(*(const idct_short_half *)(block + 8 * v), idct_half) *
                 *(const idct_half *)&idct->quantizer[v];
    for (unsigned y = 0; y < points; y++, to += pitch) {
        idct_half sum = row[0] * idct->basis[y][0];
        idct_half samples = {128, 128, 128, 128};

        for (unsigned v = 1; v < points; v++)
            sum += row[v] * idct->basis[y][v];
        for (unsigned u = 0; u < points; u++)
            samples += sum[u] * *(const idct_half *)&idct->columns[u];
        idct_store(&samples, &samples, to);
    }
}

static _inline_ void idct_wide(const struct idct *idct, const int16_t *block, uint8_t *to,
                               size_t pitch, const unsigned points)
{
    idct_row row[8];

    for (unsigned v = 0; v < points; v++)
        row[v] = __builtin_convertvector(*(const idct_shorts *)(block + 8 * v), idct_row) *
                 idct->quantizer[v];
    for (unsigned y = 0; y < points; y++, to += pitch) {
        idct_row sum = row[0] * idct->basis[y][0];
        idct_row samples = {128, 128, 128, 128, 128, 128, 128, 128};

        for (unsigned v = 1; v < points; v++)
            sum += row[v] * idct->basis[y][v];
        for (unsigned u = 0; u < points; u++)
            samples += sum[u] * idct->columns[u];
        idct_store((const idct_half *)&samples, (const idct_half *)&samples + 1, to);
    }
}

static _inline_ void idct_block(const struct idct *idct, const int16_t *block, uint8_t *to,
                                size_t pitch)
{
    switch (idct->points) { /* so that each has its loops unrolled */
    case 1:
        return idct_narrow(idct, block, to, pitch, 1);
    case 2:
        return idct_narrow(idct, block, to, pitch, 2);
    case 3:
        return idct_narrow(idct, block, to, pitch, 3);
    case 4:
        return idct_narrow(idct, block, to, pitch, 4);
    case 5:
        return idct_wide(idct, block, to, pitch, 5);
    case 6:
        return idct_wide(idct, block, to, pitch, 6);
    case 7:
        return idct_wide(idct, block, to, pitch, 7);
    default:
        return idct_wide(idct, block, to, pitch, 8);
    }
}

static _inline_ void idct_flat(const struct idct *idct, int dc, uint8_t *to, size_t pitch)
{
    float value = (float)dc * idct->quantizer[0][0] * 0.125f + 128.5f;
    int sample = value < 0 ? 0 : value > 255 ? 255 : (int)value;

    for (unsigned y = 0; y < idct->points; y++, to += pitch)
        memset(to, sample, 8);
}
