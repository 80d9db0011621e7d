/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/simd.h"

/*
 * A function marked _multiversion_ is compiled twice from the same C: for every x86-64 processor,
 * and for those since 2013 (x86-64-v3), whose shifts leave the flags alone (BMI2) and whose vectors
 * have 32 bytes (AVX2). The dynamic loader chooses. For the few loops that take most of the time
 * this saves a third of it. With gcc only; a sanitizer needs one version.
 */
#if SIMD_X86 && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&      \
    !defined(__SANITIZE_THREAD__)
#define _multiversion_ __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define _multiversion_
#endif

/* A function that such a loop calls must become part of it: else it is compiled once, for every
 * processor. */
#define _inline_ inline __attribute__((always_inline))
