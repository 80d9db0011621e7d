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
    int64_t content_length; /* -1: none was given; a number too large for it is a large one */
    bool chunked;
    bool expects_continue; /* the client waits for 100 before it sends the body */
    const char *detail;    /* where the result is not 0: what is wrong; a constant */
};

/* The request line as libmicrohttpd has it. */
struct request_line {
    const char *method, *version;
    const char *target; /* where the target lay in the library's memory; only compared */
    size_t target_length;
};

/* 0 and *framing; STATUS_BAD_REQUEST; or STATUS_NOT_IMPLEMENTED for a transfer coding. On the
 * handler's first call only. */
int framing_check(struct MHD_Connection *connection, const struct request_line *line,
                  struct framing *framing);

/* Whether the library is of the version whose way with its buffer is known: of any other,
 * nothing is concluded from where things lie in it, and nothing is written there. Any thread. */
bool framing_layout_is_known(void);

/* Whether `text` is a token (RFC 9110, 5.6.2). */
bool framing_is_token(const char *text, size_t length);
