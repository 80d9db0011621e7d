/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/answer.h"
#include "http/query.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * The page at GET / for browsers: services/gateway/page/, joined with controls made from the table
 * of parameters.
 */

/* Makes it of the PARAMETERS rows of service/parameters.h, with the server's limits. 0 or -ENOMEM.
 * Once, before the server serves. */
int page_start(const struct http_parameter *rows);

/* Makes the answer the page. 0 or -ENOMEM. Any thread. */
int page_answer(struct http_answer *answer);

/* The controls of the page, for tests: those that everybody sees, then the others. */
void page_write_controls(FILE *out, const struct http_parameter *rows, bool common);
