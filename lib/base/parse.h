/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/decimal.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers from text that a stranger wrote: the whole text is the number, in every locale, or it is
 * refused. No leading or trailing space, no hexadecimal, no "nan" or "inf". Any thread.
 */

/* A decimal integer with an optional '-'. 0, -EINVAL (not one), -ERANGE (does not fit int64_t). */
int parse_int64(const char *text, size_t length, int64_t *value);

/* A finite decimal such as "0.5", ".5", "5.", "5e-1", with an optional sign; the point is '.' in
 * every locale. At most 1,024 characters. 0, -EINVAL, or -ERANGE (infinite as a double; or a
 * nonzero number that a double can only hold as 0). */
int parse_decimal(const char *text, size_t length, double *value);

/* The same, of what is not negative, as it is written: its first 18 digits that count, and the rest
 * cut off. 0, -EINVAL, or -ERANGE: negative, 10^18 or more, or smaller than any double but 0. */
int parse_exact_decimal(const char *text, size_t length, struct decimal *value);
