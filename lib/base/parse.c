/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/parse.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMAL_MAX_CHARACTERS = 1024 };

int parse_int64(const char *text, size_t length, int64_t *value)
{
    bool negative = length > 0 && text[0] == '-';
    size_t i = negative ? 1 : 0;
    int64_t result = 0;

    if (i == length)
        return -EINVAL;
    for (; i < length; i++) {
        int digit = text[i] - '0';

        if (!is_ascii_digit(text[i]))
            return -EINVAL;
        /* Counts down, because -INT64_MIN does not fit. */
        if (__builtin_mul_overflow(result, 10, &result) ||
            __builtin_sub_overflow(result, digit, &result))
            return -ERANGE;
    }
    if (!negative && __builtin_sub_overflow(0, result, &result))
        return -ERANGE;
    *value = result;
    return 0;
}

static size_t skip_digits(const char *text, size_t length, size_t at)
{
    while (at < length && is_ascii_digit(text[at]))
        at++;
    return at;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool is_decimal(const char *text, size_t length)
{
    size_t at = 0, start, mantissa;

    if (at < length && (text[at] == '+' || text[at] == '-'))
        at++;
    start = at;
    at = skip_digits(text, length, at);
    mantissa = at - start;
    if (at < length && text[at] == '.') {
        start = ++at;
        at = skip_digits(text, length, at);
        mantissa += at - start;
    }
    if (mantissa == 0)
        return false;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < length && (text[at] == '+' || text[at] == '-'))
            at++;
        start = at;
        at = skip_digits(text, length, at);
        if (at == start)
            return false;
    }
    return at == length;
}

/* Whether a digit before the exponent is nonzero: then the number is not zero, however small. */
static bool has_nonzero_mantissa(const char *text)
{
    char first = text[strcspn(text, "123456789eE")];

    return first >= '1' && first <= '9';
}

int parse_decimal(const char *text, size_t length, double *value)
{
    char copy[DECIMAL_MAX_CHARACTERS + 1];
    locale_t c_locale;
    double result;

    if (length > DECIMAL_MAX_CHARACTERS || !is_decimal(text, length))
        return -EINVAL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return -ENOMEM;
    result = strtod_l(copy, NULL, c_locale);
    freelocale(c_locale);
    if (!isfinite(result) || (result == 0 && has_nonzero_mantissa(copy)))
        return -ERANGE;
    *value = result;
    return 0;
}

/* Appends a digit to the number. Digits after the 18th only move the point. */
static void add_digit(uint64_t *digits, int64_t *places, char digit, bool behind_point)
{
    const uint64_t limit = 100000000000000000; /* 10^17 */

    if (*digits >= limit) {
        *places -= !behind_point;
        return;
    }
    *digits = *digits * 10 + (uint64_t)(digit - '0');
    *places += behind_point;
}

/* Reads the digits around the point; returns where they end. */
static size_t read_mantissa(const char *text, size_t length, uint64_t *digits, int64_t *places)
{
    bool behind_point = false;
    size_t at = text[0] == '+' || text[0] == '-';

    for (; at < length && text[at] != 'e' && text[at] != 'E'; at++) {
        if (text[at] == '.')
            behind_point = true;
        else
            add_digit(digits, places, text[at], behind_point);
    }
    return at;
}

int parse_exact_decimal(const char *text, size_t length, struct decimal *value)
{
    int64_t places = 0, exponent = 0;
    uint64_t digits = 0;
    double rounded;
    size_t at;
    int status = parse_decimal(text, length, &rounded); /* checks syntax and magnitude */

    if (status != 0 || rounded < 0)
        return status != 0 ? status : -ERANGE;
    at = read_mantissa(text, length, &digits, &places);
    if (at < length && digits > 0) { /* 0 with an exponent is 0 */
        at += text[at + 1] == '+' ? 2 : 1;
        if (parse_int64(text + at, length - at, &exponent) != 0)
            return -ERANGE;
    }
    for (places -= exponent; places < 0 && digits > 0; places++) {
        if (digits >= DECIMAL_LIMIT / 10)
            return -ERANGE;
        digits *= 10;
    }
    *value = (struct decimal){.digits = digits, .places = digits > 0 ? (uint32_t)places : 0};
    return 0;
}
