/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/multiversion.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Small squares of samples, rows becoming columns: the rows of the upper half are interleaved with
 * those of the lower half, as often as it takes. Pitches in bytes.
 */
typedef uint8_t transpose_bytes __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint16_t transpose_words __attribute__((vector_size(16), aligned(1), may_alias));

/* 16 x 16 samples of 8 bits. */
static _inline_ void transpose_16x16(const uint8_t *from, size_t from_pitch, uint8_t *to,
                                     size_t to_pitch)
{
    transpose_bytes rows[16], next[16];

    for (unsigned i = 0; i < 16; i++)
        rows[i] = *(const transpose_bytes *)(from + i * from_pitch);
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 8; i++) {
            next[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19,
                                                  4, 20, 5, 21, 6, 22, 7, 23);
            next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26,
                                                      11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(rows, next, sizeof(rows));
    }
    for (unsigned i = 0; i < 16; i++)
        *(transpose_bytes *)(to + i * to_pitch) = rows[i];
}

/* 8 x 8 samples of 16 bits. */
static _inline_ void transpose_8x8(const uint8_t *from, size_t from_pitch, uint8_t *to,
                                   size_t to_pitch)
{
    transpose_words rows[8], next[8];

    for (unsigned i = 0; i < 8; i++)
        rows[i] = *(const transpose_words *)(from + i * from_pitch);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 4; i++) {
            next[2 * i] = __builtin_shufflevector(rows[i], rows[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            next[2 * i + 1] =
                __builtin_shufflevector(rows[i], rows[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        memcpy(rows, next, sizeof(rows));
    }
    for (unsigned i = 0; i < 8; i++)
        *(transpose_words *)(to + i * to_pitch) = rows[i];
}
