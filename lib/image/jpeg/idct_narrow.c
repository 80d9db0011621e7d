/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/idct.h"

#include "image/core/multiversion.h"

#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * Four frequencies, in integers of 16 bits with products of 32: all of a block's coefficients fit
 * two vectors. They lie in pairs, down and then across, for the instruction that multiplies and
 * adds pairs:
 *
 *     low:  (v0 v1) of u = 0, 1, 2, 3        high:  (v2 v3) of u = 0, 1, 2, 3
 *
 * Samples between both passes keep MIDDLE_BITS bits of fraction; a transformed picture of any
 * contrast stays far inside 16 bits, and a broken one saturates. Without vectors the same is
 * computed one by one, to the bit (tests/unit/test_idct.c).
 */
enum {
    WEIGHT_BITS = 14,
    MIDDLE_BITS = 5,
    DOWN_SHIFT = WEIGHT_BITS - MIDDLE_BITS,
    ACROSS_SHIFT = WEIGHT_BITS + MIDDLE_BITS,
};

/* The place of frequency v down and u across. */
static unsigned place_of(unsigned v, unsigned u)
{
    return v / 2 * 8 + u * 2 + v % 2;
}

static void prepare_weights(struct idct_weights *weights, const struct jpeg_synthesis *synthesis)
{
    memset(weights, 0, sizeof(*weights));
    for (unsigned x = 0; x < synthesis->points; x++)
        for (unsigned u = 0; u < synthesis->frequencies; u++) {
            int16_t weight = (int16_t)lrint(synthesis->weight[x][u] * (1 << WEIGHT_BITS));

            weights->across[u / 2][x * 2 + u % 2] = weight;
            for (unsigned n = 0; n < 4; n++)
                weights->down[x][u / 2][n * 2 + u % 2] = weight;
        }
}

void idct_narrow_prepare(struct idct *idct, const struct jpeg_component *component)
{
    const bool phases = (idct->down.step | idct->across.step) != 0;
    struct idct_narrow *narrow = &idct->narrow;

    /* What is not wanted goes behind the rest: of two frequencies there is but half of `low`. */
    idct->stride = idct->frequencies <= 2 ? 8 : 24;
    memset(idct->place, idct->frequencies <= 2 ? 7 : 16, sizeof(idct->place));
    memset(narrow->quantizer, 0, sizeof(narrow->quantizer));
    for (unsigned k = 0; k <= idct->last; k++) {
        unsigned place = place_of(idct_natural_order[k] >> 3, idct_natural_order[k] & 7);

        if (!idct_wants(idct, k))
            continue;
        idct->place[k] = (uint8_t)place;
        narrow->quantizer[place / 8][place % 8] = (int16_t)jpeg_quantizer(component, k);
    }
    if (idct->deep) {
        const struct jpeg_synthesis transform = synthesis_transform(idct->points);

        prepare_weights(&narrow->weights[0], &transform);
        return;
    }
    for (unsigned phase = 0; phase <= (phases ? SYNTHESIS_PHASES : 0); phase++)
        prepare_weights(&narrow->weights[phase], synthesis_reduction(idct->points, phase));
}

static _inline_ const struct idct_weights *
weights_at(const struct idct *idct, const struct idct_phase *phase, uint32_t block)
{
    return &idct->narrow.weights[idct_phase_at(phase, block)];
}

/* What a block is transformed by. */
struct way {
    const struct idct *idct;
    const struct idct_weights *down, *across;
};

static _inline_ int saturate(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

#ifdef __SSE2__
typedef __m128i shorts;

static _inline_ shorts load(const int16_t *from)
{
    return _mm_loadu_si128((const __m128i_u *)from);
}

/* Row y of the first pass: the columns' four frequencies, in 32 bits. */
static _inline_ __m128i go_down(const struct idct_weights *down, unsigned y, shorts low,
                                shorts high, const bool both)
{
    __m128i sum = _mm_madd_epi16(low, load(down->down[y][0]));

    if (both)
        sum = _mm_add_epi32(sum, _mm_madd_epi16(high, load(down->down[y][1])));
    sum = _mm_add_epi32(sum, _mm_set1_epi32(1 << (DOWN_SHIFT - 1)));
    return _mm_srai_epi32(sum, DOWN_SHIFT);
}

/* The second pass of a row, whose frequencies are given twice in pairs: four samples, in 32 bits.
 */
static _inline_ __m128i go_across(const struct idct_weights *across, __m128i low, __m128i high,
                                  const bool both, const bool deep)
{
    const int shift = ACROSS_SHIFT - (deep ? REDUCER_FRACTION_BITS : 0);
    __m128i sum = _mm_madd_epi16(low, load(across->across[0]));

    if (both)
        sum = _mm_add_epi32(sum, _mm_madd_epi16(high, load(across->across[1])));
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

static _inline_ void transform(const struct way *way, const int16_t *block, uint8_t *to,
                               size_t pitch, const unsigned points, const bool both,
                               const bool deep)
{
    const int16_t(*quantizer)[8] = way->idct->narrow.quantizer;
    shorts low = _mm_mullo_epi16(load(block), load(quantizer[0]));
    shorts high = both ? _mm_mullo_epi16(load(block + 8), load(quantizer[1])) : low;

    for (unsigned y = 0; y < points; y += 2, to += 2 * pitch) {
        __m128i first = go_down(way->down, y, low, high, both);
        __m128i second = y + 1 < points ? go_down(way->down, y + 1, low, high, both) : first;
        shorts rows = _mm_packs_epi32(first, second);

        first = go_across(way->across, _mm_shuffle_epi32(rows, 0x00), _mm_shuffle_epi32(rows, 0x55),
                          both, deep);
        second = go_across(way->across, _mm_shuffle_epi32(rows, 0xaa),
                           _mm_shuffle_epi32(rows, 0xff), both, deep);
        store_pair(_mm_packs_epi32(first, second), to, pitch, y + 1 < points, deep);
    }
}
#else
static void store_sample(int value, uint8_t *to, unsigned x, bool deep)
{
    int16_t sample = (int16_t)saturate(value, REDUCER_MIN, REDUCER_MAX);

    if (deep)
        memcpy(to + x * sizeof(sample), &sample, sizeof(sample));
    else
        to[x] = (uint8_t)saturate(value, 0, 255);
}

static void transform(const struct way *way, const int16_t *block, uint8_t *to, size_t pitch,
                      unsigned points, bool both, bool deep)
{
    const int shift = ACROSS_SHIFT - (deep ? REDUCER_FRACTION_BITS : 0);

    for (unsigned y = 0; y < points; y++, to += pitch) {
        int row[4];

        for (unsigned u = 0; u < 4; u++) {
            int sum = 1 << (DOWN_SHIFT - 1);

            for (unsigned v = 0; v < (both ? 4 : 2); v++) {
                unsigned place = v % 2 + u * 2;
                unsigned value = (unsigned)block[v / 2 * 8 + place] *
                                 (unsigned)way->idct->narrow.quantizer[v / 2][place];

                sum += (int16_t)value * way->down->down[y][v / 2][place];
            }
            row[u] = saturate(sum >> DOWN_SHIFT, INT16_MIN, INT16_MAX);
        }
        for (unsigned x = 0; x < points; x++) {
            int sum = (1 << (shift - 1)) + (deep ? 0 : 128 << shift);

            for (unsigned u = 0; u < 4; u++)
                sum += row[u] * way->across->across[u / 2][x * 2 + u % 2];
            store_sample(sum >> shift, to, x, deep);
        }
    }
}
#endif

/* The DC coefficient alone: all samples alike, whatever the phase. */
static _inline_ void fill(const struct idct *idct, int16_t dc, uint8_t *to, size_t pitch)
{
    const struct idct_narrow *narrow = &idct->narrow;
    const int weight = narrow->weights[0].across[0][0];
    const int shift = ACROSS_SHIFT - (idct->deep ? REDUCER_FRACTION_BITS : 0);
    const int product = (int16_t)((unsigned)dc * (unsigned)narrow->quantizer[0][0]);
    int value = (product * weight + (1 << (DOWN_SHIFT - 1))) >> DOWN_SHIFT;

    value = saturate(value, INT16_MIN, INT16_MAX);
    value = (value * weight + (1 << (shift - 1))) >> shift;
    if (idct->deep) {
        uint64_t four = (uint16_t)saturate(value, REDUCER_MIN, REDUCER_MAX) * 0x0001000100010001U;

        for (unsigned y = 0; y < idct->points; y++, to += pitch)
            memcpy(to, &four, sizeof(four));
    } else {
        uint32_t four = (uint32_t)saturate(value + 128, 0, 255) * 0x01010101U;

        for (unsigned y = 0; y < idct->points; y++, to += pitch)
            memcpy(to, &four, sizeof(four));
    }
}

static _inline_ void by_points(const struct way *way, const int16_t *block, uint8_t *to,
                               size_t pitch, const bool deep)
{
    switch (way->idct->points) { /* so that each has its loop unrolled; one point was filled */
    case 2:
        if (way->idct->frequencies == 2)
            return transform(way, block, to, pitch, 2, false, deep);
        return transform(way, block, to, pitch, 2, true, deep);
    case 3:
        return transform(way, block, to, pitch, 3, true, deep);
    default:
        return transform(way, block, to, pitch, 4, true, deep);
    }
}

void idct_narrow_block(const struct idct *idct, const int16_t *block, unsigned k, uint32_t row,
                       uint32_t column, uint8_t *to, size_t pitch)
{
    struct way way = {.idct = idct};

    if (k == 0 || idct->points == 1) {
        fill(idct, block[0], to, pitch);
        return;
    }
    way.down = weights_at(idct, &idct->down, row);
    way.across = weights_at(idct, &idct->across, column);
    if (idct->deep)
        by_points(&way, block, to, pitch, true);
    else
        by_points(&way, block, to, pitch, false);
}
