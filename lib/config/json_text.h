/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/* What is wrong with a text, and where. */
struct json_error {
    const char *what; /* a phrase such as "a NUL character" */
    unsigned line;    /* from 1 */
};

/* Looks for everything that RFC 8259 forbids and cJSON accepts: NUL (also as \u0000), other control
 * characters, bytes that are not UTF-8, numbers such as 01 or 1., and nesting beyond 16. 0; or
 * -EINVAL and *error. Any thread. */
int json_check_text(const char *text, size_t length, struct json_error *error);

/* The line, from 1, of the byte at `offset`. */
unsigned json_line(const char *text, size_t offset);
