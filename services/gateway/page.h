/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/answer.h"
#include "service/live.h"

/*
 * The page at GET / for browsers: services/gateway/page/, joined with controls made from the table
 * of parameters.
 */

/* Makes live->page of the other members. If images need a token, which only scripts can send, there
 * is no form without them. 0 or -ENOMEM. */
int page_make(struct live_settings *live);

/* Makes it the answer to a client that reaches us at `origin`, scheme and host, which needs no
 * escapes in HTML. 0 or -ENOMEM. Any thread. */
int page_answer(const char *page, const char *origin, struct http_answer *answer);

/* The formats of input.formats as a sentence lists them: "JPEG, PNG and WebP". Any thread. */
enum { PAGE_FORMATS_BYTES = 64 };
void page_list_formats(const struct settings *settings, char text[static PAGE_FORMATS_BYTES]);
