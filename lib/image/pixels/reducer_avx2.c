/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/reducer_kernels.h"

/* Vectors of 32 bytes. */

#if SIMD_X86
#include <immintrin.h>

#define _avx2_ __attribute__((target("avx2")))

struct sums {
    __m256i left, right;
};

_avx2_ static inline struct sums sum_group_avx2(const uint8_t *from, size_t pitch,
                                                const int16_t *weights, uint32_t taps)
{
    struct sums sums = {_mm256_setzero_si256(), _mm256_setzero_si256()};

    for (; taps > 0; taps--, weights++, from += pitch) {
        const __m256i_u *row = (const __m256i_u *)from;
        __m256i weight = _mm256_set1_epi16(*weights);

        sums.left = _mm256_add_epi16(sums.left, _mm256_mulhrs_epi16(row[0], weight));
        sums.right = _mm256_add_epi16(sums.right, _mm256_mulhrs_epi16(row[1], weight));
    }
    return sums;
}

_avx2_ static void filter_to_deep_avx2(const uint8_t *from, size_t pitch, const int16_t *weights,
                                       uint32_t taps, uint8_t *to)
{
    struct sums sums = sum_group_avx2(from, pitch, weights, taps);

    _mm256_storeu_si256((__m256i_u *)to, _mm256_add_epi16(sums.left, sums.left));
    _mm256_storeu_si256((__m256i_u *)to + 1, _mm256_add_epi16(sums.right, sums.right));
}

_avx2_ static void filter_to_bytes_avx2(const uint8_t *from, size_t pitch, const int16_t *weights,
                                        uint32_t taps, uint8_t *to)
{
    const __m256i middle =
        _mm256_set1_epi16((128 << REDUCER_SUM_BITS) + (1 << (REDUCER_SUM_BITS - 1)));
    struct sums sums = sum_group_avx2(from, pitch, weights, taps);
    __m256i left = _mm256_srai_epi16(_mm256_add_epi16(sums.left, middle), REDUCER_SUM_BITS);
    __m256i right = _mm256_srai_epi16(_mm256_add_epi16(sums.right, middle), REDUCER_SUM_BITS);
    __m256i packed = _mm256_packus_epi16(left, right);

    _mm256_storeu_si256((__m256i_u *)to, _mm256_permute4x64_epi64(packed, 0xd8));
}

const struct reducer_kernels reducer_kernels_avx2 = {filter_to_deep_avx2, filter_to_bytes_avx2};
#endif
