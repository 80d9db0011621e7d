/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_idct.h"

#include "image/hot.h"

#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * libjpeg's reduced transforms have vectors for 4, 2 and 1 points only, compute at 4 and 2 the mean of
 * the full block's samples, and make chroma as large as luma; hence one of our own.
 */

const uint8_t idct_natural_order[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* T.81, A.3.3: half of C(u) cos((2x + 1) u pi / 2N) a dimension, whatever N is. */
static void prepare_basis(struct idct *idct)
{
    const double n = idct->points, scale = idct->deep ? 1 << REDUCER_FRACTION_BITS : 1;

    memset(idct->columns, 0, sizeof(idct->columns));
    for (unsigned u = 0; u < idct->points; u++)
        for (unsigned x = 0; x < idct->points; x++) {
            double value = 0.5 * cos((2 * x + 1) * u * M_PI / (2 * n));

            if (u == 0)
                value *= M_SQRT1_2;
            idct->basis[x][u] = (float)value;
            idct->columns[u][x] = (float)(value * scale);
        }
}

void idct_prepare(struct idct *idct, const struct jpeg_component *component, unsigned points,
                  bool deep)
{
    idct->points = points;
    idct->deep = deep;
    idct->middle = deep ? 0 : 128;
    idct->last = 0;
    prepare_basis(idct);
    memset(idct->quantizer, 0, sizeof(idct->quantizer));
    memset(idct->place, 7, sizeof(idct->place));
    for (unsigned k = 0; k < 64; k++) {
        unsigned row = idct_natural_order[k] >> 3, column = idct_natural_order[k] & 7;

        /* The others go to place 7, free where there are fewer points than 8. */
        if (row >= points || column >= points)
            continue;
        idct->place[k] = idct_natural_order[k];
        idct->quantizer[row][column] = (float)jpeg_quantizer(component, k);
        idct->last = k;
    }
}

typedef int16_t idct_shorts __attribute__((vector_size(16), aligned(2), may_alias));
typedef int16_t idct_short_half __attribute__((vector_size(8), aligned(2), may_alias));

/* Eight samples, rounded and cut to their range. */
static _inline_ void idct_store(const idct_half *low, const idct_half *high, uint8_t *to, bool deep)
{
#ifdef __SSE2__
    __m128i words = _mm_packs_epi32(_mm_cvtps_epi32(*low), _mm_cvtps_epi32(*high));

    if (deep) {
        words = _mm_max_epi16(words, _mm_set1_epi16(REDUCER_MIN));
        words = _mm_min_epi16(words, _mm_set1_epi16(REDUCER_MAX));
        _mm_storeu_si128((__m128i_u *)to, words);
    } else {
        _mm_storel_epi64((__m128i_u *)to, _mm_packus_epi16(words, words));
    }
#else
    for (unsigned x = 0; x < 8; x++) {
        float sample = x < 4 ? (*low)[x] : (*high)[x - 4];

        if (deep)
            ((int16_t *)(void *)to)[x] =
                (int16_t)fmaxf(REDUCER_MIN, fminf(REDUCER_MAX, rintf(sample)));
        else
            to[x] = (uint8_t)fmaxf(0, fminf(255, rintf(sample)));
    }
#endif
}

/* At most four points. */
static _inline_ void idct_narrow(const struct idct *idct, const int16_t *block, uint8_t *to,
                                 size_t pitch, const unsigned points, const bool deep)
{
    idct_half row[4];

    for (unsigned v = 0; v < points; v++)
        row[v] = __builtin_convertvector(*(const idct_short_half *)(block + 8 * v), idct_half) *
                 *(const idct_half *)&idct->quantizer[v];
    for (unsigned y = 0; y < points; y++, to += pitch) {
        idct_half sum = row[0] * idct->basis[y][0];
        idct_half samples = {idct->middle, idct->middle, idct->middle, idct->middle};

        for (unsigned v = 1; v < points; v++)
            sum += row[v] * idct->basis[y][v];
        for (unsigned u = 0; u < points; u++)
            samples += sum[u] * *(const idct_half *)&idct->columns[u];
        idct_store(&samples, &samples, to, deep);
    }
}

/* More than four; only the lowest `frequencies` x `frequencies` are not zero. */
static _inline_ void idct_wide(const struct idct *idct, const int16_t *block, uint8_t *to,
                               size_t pitch, const unsigned points, const unsigned frequencies,
                               const bool deep)
{
    const float middle = idct->middle;
    idct_row row[8];

    for (unsigned v = 0; v < frequencies; v++)
        row[v] = __builtin_convertvector(*(const idct_shorts *)(block + 8 * v), idct_row) *
                 idct->quantizer[v];
    for (unsigned y = 0; y < points; y++, to += pitch) {
        idct_row sum = row[0] * idct->basis[y][0];
        idct_row samples = {middle, middle, middle, middle, middle, middle, middle, middle};

        for (unsigned v = 1; v < frequencies; v++)
            sum += row[v] * idct->basis[y][v];
        for (unsigned u = 0; u < frequencies; u++)
            samples += sum[u] * idct->columns[u];
        idct_store((const idct_half *)&samples, (const idct_half *)&samples + 1, to, deep);
    }
}

/* Fewer frequencies where the last coefficient other than zero allows it. */
static _inline_ void idct_sparse(const struct idct *idct, const int16_t *block, unsigned k,
                                 uint8_t *to, size_t pitch, const unsigned points, const bool deep)
{
    if (k <= 2)
        idct_wide(idct, block, to, pitch, points, 2, deep);
    else if (k <= 9)
        idct_wide(idct, block, to, pitch, points, 4, deep);
    else
        idct_wide(idct, block, to, pitch, points, points, deep);
}

static _inline_ void idct_by_points(const struct idct *idct, const int16_t *block, unsigned k,
                                    uint8_t *to, size_t pitch, const bool deep)
{
    switch (idct->points) { /* so that each has its loops unrolled */
    case 1:
        return idct_narrow(idct, block, to, pitch, 1, deep);
    case 2:
        return idct_narrow(idct, block, to, pitch, 2, deep);
    case 3:
        return idct_narrow(idct, block, to, pitch, 3, deep);
    case 4:
        return idct_narrow(idct, block, to, pitch, 4, deep);
    case 5:
        return idct_sparse(idct, block, k, to, pitch, 5, deep);
    case 6:
        return idct_sparse(idct, block, k, to, pitch, 6, deep);
    case 7:
        return idct_sparse(idct, block, k, to, pitch, 7, deep);
    default:
        return idct_sparse(idct, block, k, to, pitch, 8, deep);
    }
}

/* The DC coefficient alone: all samples alike. */
static _inline_ void idct_flat(const struct idct *idct, int dc, uint8_t *to, size_t pitch)
{
    float value = (float)dc * idct->quantizer[0][0] * idct->basis[0][0] * idct->columns[0][0];
    idct_half samples = {value, value, value, value};

    samples += idct->middle;
    for (unsigned y = 0; y < idct->points; y++, to += pitch)
        idct_store(&samples, &samples, to, idct->deep);
}

_hot_ void idct_block(const struct idct *idct, const int16_t *block, unsigned k, uint8_t *to,
                      size_t pitch)
{
    if (k == 0 || idct->points == 1)
        idct_flat(idct, block[0], to, pitch);
    else if (idct->deep)
        idct_by_points(idct, block, k, to, pitch, true);
    else
        idct_by_points(idct, block, k, to, pitch, false);
}
