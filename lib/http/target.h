/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A request target: its path and its query, decoded strictly. Knows no HTTP library and allocates
 * nothing, so that it can be fuzzed.
 *
 * In a path "%XX" is a byte and everything else itself (RFC 3986); a query is
 * application/x-www-form-urlencoded, where '+' is a space besides. Decoded text is valid UTF-8
 * without NUL, or it is refused.
 */

/* Where the parts of a request target lie in it; nothing is decoded yet. */
struct http_target {
    const char *path, *query; /* not terminated; query is NULL if there is no '?' */
    size_t path_length, query_length;
    bool asterisk;  /* "*", for OPTIONS */
    bool authority; /* "host:port", for CONNECT; path is empty */
};

/* Splits "/path?query", "http://host/path?query", "*" or, for CONNECT, "host:port" (RFC 9112, 3.2).
 * 0, or STATUS_BAD_REQUEST: none of these, or it holds a space, a control character, '#' or an
 * invalid host. Any thread. */
int http_target_split(const char *text, size_t length, bool connect, struct http_target *target);

/* Whether `text` is a host with or without a port (RFC 3986, 3.2.2), or empty. No user. Any thread.
 */
bool http_host_is_valid(const char *text, size_t length);

/* Decodes `length` bytes of a path into `out` (`size` bytes, always terminated). 0; -EINVAL: "%"
 * without two hexadecimal digits, "%00", or not UTF-8; -EFBIG: does not fit. Any thread. */
int http_percent_decode(const char *text, size_t length, char *out, size_t size);

/* The same of a name or a value in a query. */
int http_query_decode(const char *text, size_t length, char *out, size_t size);
