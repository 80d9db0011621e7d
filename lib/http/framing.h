/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;

/*
 * Inside lib/http: whether a request's header section means the same to everyone who reads it.
 */
struct framing {
    int64_t content_length; /* -1: not given; a number too large for it becomes a large one */
    bool chunked;
    bool expects_continue; /* the client sends the body after 100 Continue */
    const char *detail;    /* what is wrong, if the result is not 0; a constant */
};

/* The request line as libmicrohttpd has it. */
struct request_line {
    const char *method, *version;
    const char *target; /* where it lay in the library's memory; only compared */
    size_t target_length;
};

/* 0 and *framing; STATUS_BAD_REQUEST; or STATUS_NOT_IMPLEMENTED for a transfer coding. On the
 * handler's first call only. */
int framing_check(struct MHD_Connection *connection, const struct request_line *line,
                  struct framing *framing);

/* Whether the library is of the version whose use of its buffer is known. With any other, positions
 * in the buffer mean nothing, and it must not be written to. Any thread. */
bool framing_layout_is_known(void);

/* Whether `text` is a token (RFC 9110, 5.6.2). */
bool framing_is_token(const char *text, size_t length);
