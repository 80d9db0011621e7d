/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/*
 * How a status looks from outside: the one table from enum status to an HTTP status, and the
 * application/problem+json (RFC 9457) that goes with it.
 */
#define HTTP_PROBLEM_MEDIA_TYPE "application/problem+json"

/* The HTTP status code for an enum status; 200 for 0; 503 for -ENOMEM, 500 for any other negative
 * error or unknown number. STATUS_CLIENT_GONE is 499, which is logged and never sent. Any thread.
 */
unsigned http_problem_code(int status);

/* The title, "Image is damaged" ...: the same for every occurrence. Never NULL. */
const char *http_problem_title(int status);

/* The JSON, malloc'd and terminated, its length in *length; NULL without memory. `code` is the HTTP
 * status it goes with. Where `detail` is NULL or "", or `status` is negative, the title stands in;
 * bytes of it that are not UTF-8 become U+FFFD. Any thread. */
char *http_problem_json(int status, unsigned code, const char *detail, const char *request_id,
                        size_t *length);
