/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/simd.h"

#include <stdbool.h>

/*
 * What this processor can do, for the few kernels that are written in its instructions: such a
 * kernel lies in a file named for them, beside one in plain C that gives the same result, and
 * whoever begins to use it chooses by these. Any thread.
 */
#if SIMD_X86
static inline bool processor_has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

/* VNNI for vectors of 32 bytes. */
static inline bool processor_has_vnni(void)
{
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl");
}

/* PDEP in a few cycles; AMD's Zen 1 and 2 and Excavator have it and take hundreds. */
static inline bool processor_has_quick_pdep(void)
{
    return __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("znver1") &&
           !__builtin_cpu_is("znver2") && !__builtin_cpu_is("amdfam15h");
}
#else
static inline bool processor_has_avx2(void)
{
    return false;
}

static inline bool processor_has_vnni(void)
{
    return false;
}

static inline bool processor_has_quick_pdep(void)
{
    return false;
}
#endif
