/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/*
 * The one place that knows the architecture. SIMD_X86 is 1 where kernels written in instructions of
 * x86-64 are compiled, each beside a version in plain C with the same result to the bit. It is 0 on
 * every other processor, and with -Dsimd=disabled, by which ./check builds and tests on x86-64 what
 * other processors run.
 */
#if defined(__x86_64__) && !defined(SIMD_DISABLED)
#define SIMD_X86 1
#else
#define SIMD_X86 0
#endif
