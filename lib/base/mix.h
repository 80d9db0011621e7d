/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

/* splitmix64's finalizer (Steele, Lea, Flood 2014): a permutation in which every bit of the result
 * depends on every bit of the value. Any thread. */
static inline uint64_t mix_bits(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}
