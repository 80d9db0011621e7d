/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/answer.h"
#include "http/query.h"

#include <stdbool.h>

/*
 * The page at GET / for browsers: services/gateway/page/, joined with controls made from the table
 * of parameters.
 */

/* Makes it of the PARAMETERS rows of service/parameters.h, with the server's limits; it is the
 * caller's to free. `needs_token`: only scripts can send one, so that without them there is no
 * form. 0 or -ENOMEM. */
int page_make(const struct http_parameter *rows, bool needs_token, char **page);

/* Makes it the answer. 0 or -ENOMEM. Any thread. */
int page_answer(const char *page, struct http_answer *answer);
