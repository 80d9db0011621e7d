/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a request target says: its path and its query parameters, decoded strictly. Knows no HTTP
 * library and allocates nothing, so that it can be fuzzed.
 *
 * Decoding is RFC 3986's: "%XX" is a byte, everything else is itself. In particular '+' is a plus,
 * as in "scale=+5e-1", and not the space of HTML forms: no parameter of ours holds a space. Decoded
 * text is valid UTF-8 without NUL, or it is refused.
 */
enum { HTTP_PARAMETERS_MAX = 8, HTTP_DETAIL_BYTES = 256 };

enum http_parameter_type { HTTP_DECIMAL, HTTP_INTEGER };

/* One parameter that a route takes. */
struct http_parameter {
    const char *name;
    enum http_parameter_type type;
    double smallest, largest; /* inclusive ... */
    bool above_smallest;      /* ... unless the value must be greater than `smallest` */
};

/* A value for each row of a route's table, in its order. */
struct http_parameter_values {
    struct {
        bool given;
        double decimal;  /* HTTP_DECIMAL */
        int64_t integer; /* HTTP_INTEGER */
    } value[HTTP_PARAMETERS_MAX];
};

/* Where the parts of a request target lie in it; nothing is decoded yet. */
struct http_target {
    const char *path, *query; /* not terminated; query is NULL where there is no '?' */
    size_t path_length, query_length;
    bool asterisk;  /* "*", for OPTIONS */
    bool authority; /* "host:port", for CONNECT; path is empty */
};

/* Splits "/path?query", "http://host/path?query", "*" or, for CONNECT, "host:port" (RFC 9112, 3.2).
 * 0, or STATUS_BAD_REQUEST: none of these, or a space, control character or '#' in it, or a host
 * that is none. Any thread. */
int http_target_split(const char *text, size_t length, bool connect, struct http_target *target);

/* Whether `text` is a host with or without a port (RFC 3986, 3.2.2), or nothing at all. No user.
 * Any thread. */
bool http_host_is_valid(const char *text, size_t length);

/* Decodes `length` bytes into `out` (`size` bytes, always terminated). 0; -EINVAL: "%" without two
 * hexadecimal digits, "%00", or not UTF-8; -EFBIG: does not fit. Any thread. */
int http_percent_decode(const char *text, size_t length, char *out, size_t size);

/* Reads a query against a table of `count` (at most HTTP_PARAMETERS_MAX) parameters. An empty query
 * gives none. 0; or STATUS_BAD_PARAMETER with a sentence in `detail` that names the first parameter
 * that is unknown, repeated, empty, malformed or out of range. Any thread. */
int http_query_parse(const char *query, size_t length, const struct http_parameter *table,
                     size_t count, struct http_parameter_values *values,
                     char detail[static HTTP_DETAIL_BYTES]);
