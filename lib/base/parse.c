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

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int parse_int64(const char *text, size_t length, int64_t *value)
{
    bool negative = length > 0 && text[0] == '-';
    size_t i = negative ? 1 : 0;
    int64_t result = 0;

    if (i == length)
        return -EINVAL;
    for (; i < length; i++) {
        int digit = text[i] - '0';

        if (!is_digit(text[i]))
            return -EINVAL;
        /* Downwards, for INT64_MIN has no positive twin. */
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
    while (at < length && is_digit(text[at]))
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

/* Whether a nonzero digit stands before the exponent: the number is not zero however small. */
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
