/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * The halver's steps with vectors of 32 bytes, for halver_filter.c, which takes them in once for
 * each kind of processor:
 *
 *     _target_        the attribute of that kind
 *     NAMED(name)     the name that a function has there
 *     ADD_PRODUCTS(sum, pairs, weights)
 */

/* Four sums of eight values to four pairs of four rows. */
_target_ static _inline_ void NAMED(store_pairs)(const __m256i sum[OVERLAP_POINTS], int16_t *to)
{
    __m256i upper = _mm256_packs_epi32(_mm256_srai_epi32(sum[0], DOWN_SHIFT),
                                       _mm256_srai_epi32(sum[1], DOWN_SHIFT));
    __m256i lower = _mm256_packs_epi32(_mm256_srai_epi32(sum[2], DOWN_SHIFT),
                                       _mm256_srai_epi32(sum[3], DOWN_SHIFT));
    __m256i even, odd;

    upper = _mm256_shuffle_epi32(upper, 0xd8); /* row 0, row 1 of a pair, and of the next */
    lower = _mm256_shuffle_epi32(lower, 0xd8);
    even = _mm256_unpacklo_epi64(upper, lower); /* pairs 0 and 2 */
    odd = _mm256_unpackhi_epi64(upper, lower);
    _mm256_storeu_si256((__m256i_u *)to, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256((__m256i_u *)to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

_target_ static void NAMED(filter_down)(const struct halver *halver,
                                        const uint8_t *const rows[HALVER_PAIRS],
                                        const struct halver_down *weights)
{
    const size_t bytes = (size_t)halver->across * HALVER_STEP;
    int16_t *to = halver_filtered(halver, 0);
    __m256i weight[HALVER_PAIRS][OVERLAP_POINTS];

    for (unsigned i = 0; i < HALVER_PAIRS; i++)
        for (unsigned y = 0; y < OVERLAP_POINTS; y++) {
            int pair;

            memcpy(&pair, weights->weight[y][i], sizeof(pair));
            weight[i][y] = _mm256_set1_epi32(pair);
        }
    for (size_t at = 0; at < bytes; at += 2 * sizeof(__m256i), to += 8 * PAIR_SHORTS) {
        __m256i left[OVERLAP_POINTS], right[OVERLAP_POINTS];

        for (unsigned y = 0; y < OVERLAP_POINTS; y++)
            left[y] = right[y] = _mm256_set1_epi32(DOWN_ROUND);
#pragma GCC unroll 1 /* or gcc multiplies all, and then has no registers to add them up in */
        for (unsigned i = 0; i < HALVER_PAIRS; i++) {
            const __m256i_u *pairs = (const __m256i_u *)(rows[i] + at);

            for (unsigned y = 0; y < OVERLAP_POINTS; y++) {
                left[y] = ADD_PRODUCTS(left[y], pairs[0], weight[i][y]);
                right[y] = ADD_PRODUCTS(right[y], pairs[1], weight[i][y]);
            }
        }
        NAMED(store_pairs)(left, to);
        NAMED(store_pairs)(right, to + 4 * PAIR_SHORTS);
    }
}

/* A block: samples 0 and 2, and 1 and 3, of four rows, in 16 bits. */
_target_ static _inline_ __m256i NAMED(sum_block)(const struct halver *halver, uint32_t column)
{
    const __m256i *weight = (const __m256i *)halver_weights(halver, column);
    const __m128i_u *pairs = (const __m128i_u *)halver_filtered(halver, (ptrdiff_t)column - 1);
    __m256i left = _mm256_set1_epi32(ACROSS_ROUND), right = left;

#pragma GCC unroll 1
    for (unsigned i = 0; i < HALVER_PAIRS; i++) {
        __m256i pair = _mm256_broadcastsi128_si256(_mm_loadu_si128(&pairs[i]));

        left = ADD_PRODUCTS(left, pair, weight[2 * i]);
        right = ADD_PRODUCTS(right, pair, weight[2 * i + 1]);
    }
    return _mm256_packs_epi32(_mm256_srai_epi32(left, ACROSS_SHIFT),
                              _mm256_srai_epi32(right, ACROSS_SHIFT));
}

/* Two blocks to four rows of eight samples. */
_target_ static _inline_ void NAMED(store_blocks)(__m256i first, __m256i second, uint8_t *to,
                                                  size_t pitch)
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

/* There is room for a block behind the last. */
_target_ static void NAMED(filter_across)(const struct halver *halver, uint8_t *to)
{
    for (uint32_t column = 0; column < halver->across; column += 2, to += 2 * OVERLAP_POINTS)
        NAMED(store_blocks)
    (NAMED(sum_block)(halver, column), NAMED(sum_block)(halver, column + 1), to, halver->to->pitch);
}
