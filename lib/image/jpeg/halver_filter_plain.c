/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/halver.h"

#include "image/core/multiversion.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

/*
 * The arithmetic, in integers: products of 16 bits, sums of 32. Between both steps values keep
 * MIDDLE_BITS bits of fraction. A picture of any contrast stays far inside; a broken one wraps or
 * saturates, with and without vectors to the same bit (tests/unit/test_halver.c).
 */
enum {
    MIDDLE_BITS = 5,
    DOWN_SHIFT = HALVER_WEIGHT_BITS - MIDDLE_BITS,
    ACROSS_SHIFT = HALVER_WEIGHT_BITS + MIDDLE_BITS,
    DOWN_ROUND = 1 << (DOWN_SHIFT - 1),
    ACROSS_ROUND = (1 << (ACROSS_SHIFT - 1)) + (128 << ACROSS_SHIFT),
    PAIR_SHORTS = 2 * OVERLAP_POINTS, /* a pair of four rows */
};

/* --- for every machine --------------------------------------------------------------------------
 */

static int saturate(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static unsigned multiply_pair(const int16_t *pair, const int16_t weight[2])
{
    return (unsigned)(pair[0] * weight[0]) + (unsigned)(pair[1] * weight[1]);
}

static void filter_down(const struct halver *halver, const uint8_t *const rows[HALVER_PAIRS],
                        const struct halver_down *weights)
{
    int16_t *to = halver_filtered(halver, 0);

    for (size_t n = 0; n < (size_t)halver->across * OVERLAP_FREQUENCIES; n++)
        for (unsigned y = 0; y < OVERLAP_POINTS; y++) {
            unsigned sum = DOWN_ROUND;

            for (unsigned i = 0; i < HALVER_PAIRS; i++)
                sum += multiply_pair((const int16_t *)(const void *)rows[i] + 2 * n,
                                     weights->weight[y][i]);
            to[n / 2 * PAIR_SHORTS + y * 2 + n % 2] =
                (int16_t)saturate((int)sum >> DOWN_SHIFT, INT16_MIN, INT16_MAX);
        }
}

static void filter_across(const struct halver *halver, uint8_t *to)
{
    for (uint32_t column = 0; column < halver->across; column++, to += OVERLAP_POINTS) {
        const struct halver_across *weights = halver_weights(halver, column);
        const int16_t *pairs = halver_filtered(halver, (ptrdiff_t)column - 1);

        for (unsigned y = 0; y < OVERLAP_POINTS; y++)
            for (unsigned x = 0; x < OVERLAP_POINTS; x++) {
                unsigned sum = ACROSS_ROUND;

                for (unsigned i = 0; i < HALVER_PAIRS; i++)
                    sum += multiply_pair(pairs + i * PAIR_SHORTS + y * 2,
                                         weights->weight[i][x / 2][x % 2][y]);
                to[y * halver->to->pitch + x] = (uint8_t)saturate((int)sum >> ACROSS_SHIFT, 0, 255);
            }
    }
}

/* --- the same with vectors of 32 bytes ----------------------------------------------------------
 */

#ifdef __x86_64__
#define _target_                          __attribute__((target("avx2")))
#define NAMED(name)                       name##_avx2
#define ADD_PRODUCTS(sum, pairs, weights) _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, weights))
#include "image/jpeg/halver_filter_x86.h"
#undef _target_
#undef NAMED
#undef ADD_PRODUCTS

/* Many since 2019 multiply and add up in one instruction: 1 to 8 % of a picture halved. */
#define _target_                          __attribute__((target("avx2,avx512vnni,avx512vl")))
#define NAMED(name)                       name##_vnni
#define ADD_PRODUCTS(sum, pairs, weights) _mm256_dpwssd_epi32(sum, pairs, weights)
#include "image/jpeg/halver_filter_x86.h"
#endif

/* --- whichever there is -------------------------------------------------------------------------
 */

static struct {
    void (*down)(const struct halver *halver, const uint8_t *const rows[HALVER_PAIRS],
                 const struct halver_down *weights);
    void (*across)(const struct halver *halver, uint8_t *to);
} filter = {filter_down, filter_across};

void halver_filter_choose(enum halver_vectors most)
{
#ifdef __x86_64__
    if (most >= HALVER_VNNI && __builtin_cpu_supports("avx512vnni") &&
        __builtin_cpu_supports("avx512vl")) {
        filter.down = filter_down_vnni;
        filter.across = filter_across_vnni;
        return;
    }
    if (most >= HALVER_AVX2 && __builtin_cpu_supports("avx2")) {
        filter.down = filter_down_avx2;
        filter.across = filter_across_avx2;
        return;
    }
#endif
    (void)most;
    filter.down = filter_down;
    filter.across = filter_across;
}

void halver_filter_down(const struct halver *halver, const uint8_t *const rows[HALVER_PAIRS],
                        const struct halver_down *weights)
{
    filter.down(halver, rows, weights);
}

void halver_filter_across(const struct halver *halver, uint8_t *to)
{
    filter.across(halver, to);
}
