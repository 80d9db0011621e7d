/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/reducer_kernels.h"

#include "image/core/multiversion.h"

#include <string.h>

/* For every machine, and what the other kernels must agree with. */

static void sum_group_plain(const uint8_t *from, size_t pitch, const int16_t *weights,
                            uint32_t taps, int16_t sums[REDUCER_GROUP])
{
    memset(sums, 0, REDUCER_GROUP * sizeof(*sums));
    for (; taps > 0; taps--, weights++, from += pitch) {
        const int16_t *samples = (const int16_t *)(const void *)from;

        for (unsigned x = 0; x < REDUCER_GROUP; x++) {
            int product = (samples[x] * *weights + (1 << 14)) >> 15;

            sums[x] = (int16_t)(sums[x] + product);
        }
    }
}

/* To samples as they went in. */
static void filter_to_deep_plain(const uint8_t *from, size_t pitch, const int16_t *weights,
                                 uint32_t taps, uint8_t *to)
{
    int16_t sums[REDUCER_GROUP];

    sum_group_plain(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < REDUCER_GROUP; x++)
        sums[x] = (int16_t)(sums[x] * 2);
    memcpy(to, sums, sizeof(sums));
}

/* To samples of 8 bits. */
static void filter_to_bytes_plain(const uint8_t *from, size_t pitch, const int16_t *weights,
                                  uint32_t taps, uint8_t *to)
{
    int16_t sums[REDUCER_GROUP];

    sum_group_plain(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < REDUCER_GROUP; x++) {
        int sample = (sums[x] + (128 << REDUCER_SUM_BITS) + (1 << (REDUCER_SUM_BITS - 1))) >>
                     REDUCER_SUM_BITS;

        to[x] = (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample);
    }
}

const struct reducer_kernels reducer_kernels_plain = {filter_to_deep_plain, filter_to_bytes_plain};

/* --- many taps ----------------------------------------------------------------------------------
 */

/* With a fraction of REDUCER_FRACTION_BITS + REDUCER_WEIGHT_BITS bits. */
_multiversion_ static void sum_many(const uint8_t *from, size_t pitch, const int16_t *weights,
                                    uint32_t taps, int32_t sums[REDUCER_GROUP])
{
    memset(sums, 0, REDUCER_GROUP * sizeof(*sums));
    for (; taps > 0; taps--, weights++, from += pitch) {
        const int16_t *samples = (const int16_t *)(const void *)from;

        for (unsigned x = 0; x < REDUCER_GROUP; x++)
            sums[x] += samples[x] * *weights;
    }
}

static void filter_many_to_deep(const uint8_t *from, size_t pitch, const int16_t *weights,
                                uint32_t taps, uint8_t *to)
{
    int16_t *samples = (int16_t *)(void *)to;
    int32_t sums[REDUCER_GROUP];

    sum_many(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < REDUCER_GROUP; x++)
        samples[x] = (int16_t)((sums[x] + (1 << (REDUCER_WEIGHT_BITS - 1))) >> REDUCER_WEIGHT_BITS);
}

static void filter_many_to_bytes(const uint8_t *from, size_t pitch, const int16_t *weights,
                                 uint32_t taps, uint8_t *to)
{
    const int bits = REDUCER_WEIGHT_BITS + REDUCER_FRACTION_BITS;
    int32_t sums[REDUCER_GROUP];

    sum_many(from, pitch, weights, taps, sums);
    for (unsigned x = 0; x < REDUCER_GROUP; x++) {
        int sample = (sums[x] + (128 << bits) + (1 << (bits - 1))) >> bits;

        to[x] = (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample);
    }
}

const struct reducer_kernels reducer_kernels_many = {filter_many_to_deep, filter_many_to_bytes};
