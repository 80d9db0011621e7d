/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed UTF-8 sequence (RFC 3629: no overlong form, no surrogate, at most
 * U+10FFFF) that `text` begins with; 0 where it begins with none. Any thread. */
size_t utf8_sequence(const char *text, size_t length);

/* Bytes of `text` before the first that begins none: `length` where all is well. Any thread. */
size_t utf8_valid_length(const char *text, size_t length);

/* Whether all of `text` is such sequences. Any thread. */
bool utf8_is_valid(const char *text, size_t length);
