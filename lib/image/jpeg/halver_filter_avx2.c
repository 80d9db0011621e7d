/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/halver_filter.h"

/* Vectors of 32 bytes. */

#if SIMD_X86
#define _target_                          __attribute__((target("avx2")))
#define ADD_PRODUCTS(sum, pairs, weights) _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, weights))
#include "image/jpeg/halver_filter_x86.h"

const struct halver_kernels halver_kernels_avx2 = {vertical_step, horizontal_step};
#endif
