/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/decimal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers from untrusted text: the whole text is a number, whatever the locale, or it is refused.
 * No leading or trailing space, no hexadecimal, no "nan" or "inf". Any thread.
 */

static inline bool is_ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal integer with an optional '-'. 0, -EINVAL (it is none), -ERANGE (does not fit int64_t).
 */
int parse_int64(const char *text, size_t length, int64_t *value);

/* A finite decimal such as "0.5", ".5", "5.", "5e-1", with an optional sign; the point is '.' in
 * every locale. At most 1,024 characters. 0, -EINVAL, or -ERANGE (infinite as a double; or a
 * nonzero number that a double can only hold as 0). */
int parse_decimal(const char *text, size_t length, double *value);

/* The same syntax, exactly and not negative: the first 18 significant digits, further ones cut off.
 * 0, -EINVAL, or -ERANGE: negative, 10^18 or more, or nonzero but smaller than any double. */
int parse_exact_decimal(const char *text, size_t length, struct decimal *value);
