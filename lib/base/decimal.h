/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

#define DECIMAL_LIMIT UINT64_C(1000000000000000000) /* 10^18 */

/* With more places than these a length times a decimal rounds to 0: 2^32 * 10^18 / 10^38. And 10^37
 * is below 2^123. */
enum { DECIMAL_PLACES = 37 };

/*
 * A decimal number, exactly as it was written: digits / 10^places. 0.29 is 29 and 2; no double can
 * hold it. Fixed width, so that it can be part of a message.
 */
struct decimal {
    uint64_t digits; /* below DECIMAL_LIMIT */
    uint32_t places;
    uint32_t reserved; /* 0 */
};

/* max(1, floor(length * factor + 0.5)), exactly. `factor` is at most 1. Any thread. */
uint32_t decimal_scale(uint32_t length, struct decimal factor);

/* The same number as a double, rounded. */
double decimal_value(struct decimal decimal);

/* `value` from 0 to 1, rounded to 15 places: the decimal that the double was parsed from. */
struct decimal decimal_from_fraction(double value);

/* Below 0, 0 or above 0: whether `a` is less than `b`, equal or greater, exactly. */
int decimal_compare(struct decimal a, struct decimal b);

/* Writes the shortest text that parse_exact_decimal() reads as the same number: "0.5", "3e-300". */
enum { DECIMAL_TEXT_BYTES = 40 };
void decimal_print(struct decimal decimal, char text[static DECIMAL_TEXT_BYTES]);
