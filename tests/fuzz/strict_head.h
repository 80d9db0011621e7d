/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a reader that takes nothing but the grammar of RFC 9112 finds in a request's header section.
 * Written apart from lib/http, for fuzz_request to hold that against. */
struct strict_head {
    bool chunked, has_length, length_is_huge;
    uint64_t length;
};

/*
 * False: not by the grammar, or two readers could disagree on it. What lib/http cannot see, because
 * libmicrohttpd has overwritten it with NUL, is let pass: NUL or CR, then CR or LF, where CR LF
 * ends a line; any four of NUL, CR, LF and colon where CR LF CR LF ends the section.
 */
bool strict_head_read(struct strict_head *head, const uint8_t *data, size_t size);
