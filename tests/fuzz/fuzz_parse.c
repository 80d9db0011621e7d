/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/decimal.h"
#include "base/parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of any bytes: what is taken is what the C library reads there, to the last byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_integer(const char *text, size_t length)
{
    int64_t value;
    char *end;
    long long read;
    int status = parse_int64(text, length, &value);

    errno = 0;
    read = strtoll(text, &end, 10);
    if (status == 0 && (read != value || errno != 0 || end != text + length))
        abort();
    if (status == -ERANGE && errno != ERANGE)
        abort();
}

static void check_decimal(const char *text, size_t length)
{
    double value;
    char *end;
    int status = parse_decimal(text, length, &value);

    if (status != 0)
        return;
    if (!isfinite(value) || strtod(text, &end) != value || end != text + length)
        abort();
    if (strpbrk(text, "xXnNiIpP ") != NULL)
        abort();
}

/* The exact number is the rounded one, but for what both cut off. */
static void check_exact_decimal(const char *text, size_t length)
{
    struct decimal exact;
    double value, difference;

    if (parse_exact_decimal(text, length, &exact) != 0)
        return;
    if (parse_decimal(text, length, &value) != 0 || exact.digits >= DECIMAL_LIMIT)
        abort();
    difference = fabs(decimal_value(exact) - value);
    if (value > 1e-280 && difference > value * 1e-15)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    check_integer(text, size);
    check_decimal(text, size);
    check_exact_decimal(text, size);
    free(text);
    return 0;
}
