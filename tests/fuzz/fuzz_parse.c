/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
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
    int error = parse_int64(text, length, &value);

    errno = 0;
    read = strtoll(text, &end, 10);
    if (error == 0 && (read != value || errno != 0 || end != text + length))
        abort();
    if (error == -ERANGE && errno != ERANGE)
        abort();
}

static void check_decimal(const char *text, size_t length)
{
    double value;
    char *end;
    int error = parse_decimal(text, length, &value);

    if (error != 0)
        return;
    if (!isfinite(value) || strtod(text, &end) != value || end != text + length)
        abort();
    if (strpbrk(text, "xXnNiIpP ") != NULL)
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
    free(text);
    return 0;
}
