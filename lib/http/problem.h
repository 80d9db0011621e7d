/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * What clients see of a status: the one table from enum status to HTTP status codes, and the
 * application/problem+json (RFC 9457) that goes with it. The same table is docs/http.md's, what
 * GET /problems/NAME says, and OpenAPI's.
 */
#define HTTP_PROBLEM_MEDIA_TYPE "application/problem+json"

/* The HTTP status code for an enum status; 200 for 0; 503 for -ENOMEM, 500 for any other negative
 * error or unknown number. STATUS_CLIENT_GONE is 499, which is logged and never sent. Any thread.
 */
unsigned http_problem_code(int status);

/* The status whose status_name() it is, if clients see it; -1: none. Any thread. */
int http_problem_find(const char *name);

/* The enum status that clients see in the place of `status`: of a negative error, or of a number
 * that is none. Any thread. */
int http_problem_status(int status);

/* The title, "Image is damaged" ...: the same each time. Never NULL. */
const char *http_problem_title(int status);

/* A row of the table, for readers. Code stands in backquotes. */
enum { HTTP_PROBLEM_CODES = 3 };
struct http_problem {
    unsigned codes[HTTP_PROBLEM_CODES]; /* the first is http_problem_code(); 0: no more */
    const char *title;
    const char *meaning; /* when it happens; NULL: no client ever sees it */
    const char *remedy;  /* what to do: sentences */
};

/* That of a status; NULL: there is no such status, or no client sees it. Any thread. */
const struct http_problem *http_problem(int status);

/* The table in docs/http.md. */
void http_problem_document(FILE *out);

/* The JSON, malloc'd and terminated, its length in *length; NULL: no memory. `code` is the HTTP
 * status it goes with. If `detail` is NULL or "", or `status` is negative, the title replaces it;
 * `message`: the detail once more under this name; bytes that are not UTF-8 become U+FFFD. Any
 * thread. */
char *http_problem_json(int status, unsigned code, const char *detail, const char *request_id,
                        bool message, size_t *length);

/* Writes `text` as the content of a JSON string, bytes that are not UTF-8 as U+FFFD; returns its
 * end, where nothing is written. Six bytes for each byte of `text` are always enough. Any thread.
 */
char *http_json_escape(char *out, const char *text);
