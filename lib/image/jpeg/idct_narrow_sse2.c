/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/idct_narrow_kernels.h"

#include "image/core/multiversion.h"

#if SIMD_X86
#include <emmintrin.h>

typedef __m128i shorts;

static _inline_ shorts load(const int16_t *from)
{
    return _mm_loadu_si128((const __m128i_u *)from);
}

/* Row y of the first pass: the columns' four frequencies, in 32 bits. */
static _inline_ __m128i vertical_pass(const struct idct_weights *vertical, unsigned y, shorts low,
                                      shorts high, const bool both)
{
    __m128i sum = _mm_madd_epi16(low, load(vertical->vertical[y][0]));

    if (both)
        sum = _mm_add_epi32(sum, _mm_madd_epi16(high, load(vertical->vertical[y][1])));
    sum = _mm_add_epi32(sum, _mm_set1_epi32(1 << (IDCT_VERTICAL_SHIFT - 1)));
    return _mm_srai_epi32(sum, IDCT_VERTICAL_SHIFT);
}

/* The second pass of a row, whose frequencies are given twice in pairs: four samples, in 32 bits.
 */
static _inline_ __m128i horizontal_pass(const struct idct_weights *horizontal, __m128i low,
                                        __m128i high, const bool both, const bool deep)
{
    const int shift = IDCT_HORIZONTAL_SHIFT - (deep ? REDUCER_FRACTION_BITS : 0);
    __m128i sum = _mm_madd_epi16(low, load(horizontal->horizontal[0]));

    if (both)
        sum = _mm_add_epi32(sum, _mm_madd_epi16(high, load(horizontal->horizontal[1])));
    sum = _mm_add_epi32(sum, _mm_set1_epi32((1 << (shift - 1)) + (deep ? 0 : 128 << shift)));
    return _mm_srai_epi32(sum, shift);
}

/* Two rows of four samples of 16 bits. */
static _inline_ void store_pair(shorts rows, uint8_t *to, size_t pitch, const bool two,
                                const bool deep)
{
    if (deep) {
        rows = _mm_max_epi16(rows, _mm_set1_epi16(REDUCER_MIN));
        rows = _mm_min_epi16(rows, _mm_set1_epi16(REDUCER_MAX));
        _mm_storel_epi64((__m128i_u *)to, rows);
        if (two)
            _mm_storel_epi64((__m128i_u *)(to + pitch), _mm_unpackhi_epi64(rows, rows));
    } else {
        __m128i bytes = _mm_packus_epi16(rows, rows);

        _mm_storeu_si32(to, bytes);
        if (two)
            _mm_storeu_si32(to + pitch, _mm_shuffle_epi32(bytes, 0x55));
    }
}

static _inline_ void transform(const struct idct *idct, const struct idct_weights *vertical,
                               const struct idct_weights *horizontal, const int16_t *block,
                               uint8_t *to, size_t pitch, const unsigned points, const bool both,
                               const bool deep)
{
    const int16_t(*quantizer)[8] = idct->narrow.quantizer;
    shorts low = _mm_mullo_epi16(load(block), load(quantizer[0]));
    shorts high = both ? _mm_mullo_epi16(load(block + 8), load(quantizer[1])) : low;

    for (unsigned y = 0; y < points; y += 2, to += 2 * pitch) {
        __m128i first = vertical_pass(vertical, y, low, high, both);
        __m128i second = y + 1 < points ? vertical_pass(vertical, y + 1, low, high, both) : first;
        shorts rows = _mm_packs_epi32(first, second);

        first = horizontal_pass(horizontal, _mm_shuffle_epi32(rows, 0x00),
                                _mm_shuffle_epi32(rows, 0x55), both, deep);
        second = horizontal_pass(horizontal, _mm_shuffle_epi32(rows, 0xaa),
                                 _mm_shuffle_epi32(rows, 0xff), both, deep);
        store_pair(_mm_packs_epi32(first, second), to, pitch, y + 1 < points, deep);
    }
}

static _inline_ void by_points(const struct idct *idct, const struct idct_weights *vertical,
                               const struct idct_weights *horizontal, const int16_t *block,
                               uint8_t *to, size_t pitch, const bool deep)
{
    switch (idct->points) { /* so that each has its loop unrolled */
    case 2:
        if (idct->frequencies == 2)
            return transform(idct, vertical, horizontal, block, to, pitch, 2, false, deep);
        return transform(idct, vertical, horizontal, block, to, pitch, 2, true, deep);
    case 3:
        return transform(idct, vertical, horizontal, block, to, pitch, 3, true, deep);
    default:
        return transform(idct, vertical, horizontal, block, to, pitch, 4, true, deep);
    }
}

void idct_narrow_sse2(const struct idct *idct, const struct idct_weights *vertical,
                      const struct idct_weights *horizontal, const int16_t *block, uint8_t *to,
                      size_t pitch)
{
    if (idct->deep)
        by_points(idct, vertical, horizontal, block, to, pitch, true);
    else
        by_points(idct, vertical, horizontal, block, to, pitch, false);
}
#endif
