/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/answer.h"
#include "http/request.h"
#include "image/plan/request.h"

/* What a client's Accept field names (RFC 9110, 12.5.1): for format=auto, for pages that are also
 * text, and for metrics. Any thread. */

/* The formats named with a weight above 0, bit N for format N; ranges such as "image/" with an
 * asterisk name none. NULL is fine. */
unsigned negotiate_accepted(const char *accept);

/* The largest weight, in thousandths, that it gives to this media type by its name, in any case of
 * letters; 0: none. NULL is fine. */
unsigned negotiate_weight(const char *accept, const char *media_type);

/* Whether the answer is HTML, which varies by Accept. 0 or -ENOMEM. From the request's thread. */
int negotiate_html(const struct http_request *request, struct http_answer *answer, bool *html);

/* The formats of a request's own Accept. 0 or -ENOMEM. From the request's thread. */
int negotiate_read(const struct http_request *request, unsigned *accepted);

/* Those of `words`, in their order, that are among `accepted`: what format=auto chooses from. */
void negotiate_choices(char *const *words, unsigned accepted,
                       uint8_t formats[static IMAGE_AUTO_MAX]);

/* Writes a field that names the formats of `accepted`, for the scale server. */
enum { NEGOTIATE_TEXT_BYTES = 128 };
void negotiate_write(unsigned accepted, char text[static NEGOTIATE_TEXT_BYTES]);
