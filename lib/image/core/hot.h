/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/*
 * For the few loops that all the time goes into. They are compiled twice, for every x86-64 and for
 * those since 2013, and the dynamic loader chooses: shifts that leave the flags alone (BMI2) and
 * vectors of 32 bytes (AVX2) are worth a third of the time. Sanitizers need one plain version.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define _hot_ __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define _hot_
#endif

/* What such a loop calls must become part of it. */
#define _inline_ inline __attribute__((always_inline))
