/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629: no overlong form,
 * no surrogate, at most U+10FFFF); 0: there is none. Any thread. */
size_t utf8_sequence(const char *text, size_t length);

/* The length of the well-formed part at the start of `text`; `length` if all is valid. Any thread.
 */
size_t utf8_valid_length(const char *text, size_t length);

/* Whether all of `text` is valid. Any thread. */
bool utf8_is_valid(const char *text, size_t length);
