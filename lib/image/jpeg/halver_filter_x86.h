/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/multiversion.h"
#include "image/jpeg/halver_filter.h"

#include <immintrin.h>
#include <string.h>

/*
 * The halver's steps with vectors of 32 bytes, for halver_filter_avx2.c and halver_filter_vnni.c,
 * which define first:
 *
 *     _target_        the attribute of the instruction set
 *     ADD_PRODUCTS(sum, pairs, weights)
 */

/* Stores four rows of eight sums as four pairs of four rows. */
_target_ static _inline_ void store_pairs(const __m256i sum[OVERLAP_POINTS], int16_t *to)
{
    __m256i upper = _mm256_packs_epi32(_mm256_srai_epi32(sum[0], HALVER_VERTICAL_SHIFT),
                                       _mm256_srai_epi32(sum[1], HALVER_VERTICAL_SHIFT));
    __m256i lower = _mm256_packs_epi32(_mm256_srai_epi32(sum[2], HALVER_VERTICAL_SHIFT),
                                       _mm256_srai_epi32(sum[3], HALVER_VERTICAL_SHIFT));
    __m256i even, odd;

    upper = _mm256_shuffle_epi32(upper, 0xd8); /* row 0, row 1 of a pair, and of the next */
    lower = _mm256_shuffle_epi32(lower, 0xd8);
    even = _mm256_unpacklo_epi64(upper, lower); /* pairs 0 and 2 */
    odd = _mm256_unpackhi_epi64(upper, lower);
    _mm256_storeu_si256((__m256i_u *)to, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256((__m256i_u *)to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

_target_ static void vertical_step(const struct halver_filter *filter,
                                   const uint8_t *const rows[HALVER_PAIRS],
                                   const struct halver_vertical *weights)
{
    const size_t bytes = (size_t)filter->columns * HALVER_STEP;
    int16_t *to = halver_filtered(filter, 0);
    __m256i weight[HALVER_PAIRS][OVERLAP_POINTS];

    for (unsigned i = 0; i < HALVER_PAIRS; i++)
        for (unsigned y = 0; y < OVERLAP_POINTS; y++) {
            int pair;

            memcpy(&pair, weights->weight[y][i], sizeof(pair));
            weight[i][y] = _mm256_set1_epi32(pair);
        }
    for (size_t at = 0; at < bytes; at += 2 * sizeof(__m256i), to += 8 * HALVER_PAIR_SHORTS) {
        __m256i left[OVERLAP_POINTS], right[OVERLAP_POINTS];

        for (unsigned y = 0; y < OVERLAP_POINTS; y++)
            left[y] = right[y] = _mm256_set1_epi32(HALVER_VERTICAL_ROUND);
#pragma GCC unroll 1 /* else gcc computes all products first, and runs out of registers */
        for (unsigned i = 0; i < HALVER_PAIRS; i++) {
            const __m256i_u *pairs = (const __m256i_u *)(rows[i] + at);

            for (unsigned y = 0; y < OVERLAP_POINTS; y++) {
                left[y] = ADD_PRODUCTS(left[y], pairs[0], weight[i][y]);
                right[y] = ADD_PRODUCTS(right[y], pairs[1], weight[i][y]);
            }
        }
        store_pairs(left, to);
        store_pairs(right, to + 4 * HALVER_PAIR_SHORTS);
    }
}

/* A block: samples 0 and 2, and 1 and 3, of four rows, in 16 bits. */
_target_ static _inline_ __m256i sum_block(const struct halver_filter *filter, uint32_t column)
{
    const __m256i *weight = (const __m256i *)halver_weights(filter, column);
    const __m128i_u *pairs = (const __m128i_u *)halver_filtered(filter, (ptrdiff_t)column - 1);
    __m256i left = _mm256_set1_epi32(HALVER_HORIZONTAL_ROUND), right = left;

#pragma GCC unroll 1
    for (unsigned i = 0; i < HALVER_PAIRS; i++) {
        __m256i pair = _mm256_broadcastsi128_si256(_mm_loadu_si128(&pairs[i]));

        left = ADD_PRODUCTS(left, pair, weight[2 * i]);
        right = ADD_PRODUCTS(right, pair, weight[2 * i + 1]);
    }
    return _mm256_packs_epi32(_mm256_srai_epi32(left, HALVER_HORIZONTAL_SHIFT),
                              _mm256_srai_epi32(right, HALVER_HORIZONTAL_SHIFT));
}

/* Two blocks to four rows of eight samples. */
_target_ static _inline_ void store_blocks(__m256i first, __m256i second, uint8_t *to, size_t pitch)
{
    const __m256i by_row = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m256i bytes = _mm256_shuffle_epi8(_mm256_packus_epi16(first, second), by_row);
    __m128i even = _mm256_castsi256_si128(bytes), odd = _mm256_extracti128_si256(bytes, 1);
    __m128i upper = _mm_unpacklo_epi8(even, odd), lower = _mm_unpackhi_epi8(even, odd);

    _mm_storel_epi64((__m128i_u *)to, upper);
    _mm_storel_epi64((__m128i_u *)(to + pitch), _mm_unpackhi_epi64(upper, upper));
    _mm_storel_epi64((__m128i_u *)(to + 2 * pitch), lower);
    _mm_storel_epi64((__m128i_u *)(to + 3 * pitch), _mm_unpackhi_epi64(lower, lower));
}

_target_ static void horizontal_step(const struct halver_filter *filter, uint8_t *to, size_t pitch)
{
    for (uint32_t column = 0; column < filter->columns; column += 2, to += 2 * OVERLAP_POINTS)
        store_blocks(sum_block(filter, column), sum_block(filter, column + 1), to, pitch);
}
