/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

/*
 * Points in time are microseconds of CLOCK_MONOTONIC in an int64_t; a deadline is such a point.
 * DEADLINE_NEVER is one that never passes. Any thread may call these functions.
 */
#define DEADLINE_NEVER INT64_MAX

/* Now, in microseconds of CLOCK_MONOTONIC. */
int64_t clock_us(void);

/* The point `milliseconds` from now; never overflows. */
int64_t deadline_after_ms(int64_t milliseconds);

/* Milliseconds left, rounded up so that a poll() does not wake just too early; 0 once passed, at
 * most INT32_MAX. */
int deadline_left_ms(int64_t deadline_us);

/* The same as a timeout for poll(): -1 for DEADLINE_NEVER. */
int deadline_poll_ms(int64_t deadline_us);

static inline int64_t deadline_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
