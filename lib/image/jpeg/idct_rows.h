/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/multiversion.h"
#include "image/core/simd.h"
#include "image/jpeg/idct_common.h"
#include "image/pixels/reducer.h"

#include <math.h>
#if SIMD_X86
#include <emmintrin.h>
#endif

/* Rows of eight samples in single precision, to where they go. */

/* Eight samples, rounded and cut to their range. */
static _inline_ void store_row_plain(const idct_half *low, const idct_half *high, uint8_t *to,
                                     bool deep)
{
    for (unsigned x = 0; x < 8; x++) {
        float sample = x < 4 ? (*low)[x] : (*high)[x - 4];

        if (deep)
            ((int16_t *)(void *)to)[x] =
                (int16_t)fmaxf(REDUCER_MIN, fminf(REDUCER_MAX, rintf(sample)));
        else
            to[x] = (uint8_t)fmaxf(0, fminf(255, rintf(sample)));
    }
}

static _inline_ void store_row(const idct_half *low, const idct_half *high, uint8_t *to, bool deep)
{
#if SIMD_X86
    __m128i words = _mm_packs_epi32(_mm_cvtps_epi32(*low), _mm_cvtps_epi32(*high));

    if (deep) {
        words = _mm_max_epi16(words, _mm_set1_epi16(REDUCER_MIN));
        words = _mm_min_epi16(words, _mm_set1_epi16(REDUCER_MAX));
        _mm_storeu_si128((__m128i_u *)to, words);
    } else {
        _mm_storel_epi64((__m128i_u *)to, _mm_packus_epi16(words, words));
    }
#else
    store_row_plain(low, high, to, deep);
#endif
}
