/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Inside lib/http: the place of a request in a distributed trace (W3C Trace Context, Recommendation
 * of 23 November 2021). Nothing is sampled or sent anywhere: the ids connect the log lines of
 * several servers. Any thread.
 */
enum {
    TRACE_ID_BYTES = 33, /* 32 hexadecimal digits */
    SPAN_ID_BYTES = 17,
    TRACEPARENT_BYTES = 56,
    TRACESTATE_MAX = 512, /* section 3.3.1.5: what must be passed on at least */
};

struct trace {
    char trace_id[TRACE_ID_BYTES];
    char span_id[SPAN_ID_BYTES];   /* ours */
    char parent_id[SPAN_ID_BYTES]; /* the caller's span; "": we begin the trace */
    uint8_t flags;
};

/* Begins a trace, with ids that nobody else has. */
void trace_begin(struct trace *trace);

/* Continues the trace of a `traceparent` (without white space around it), with a span of our own.
 * False, and the trace is unchanged: the value is invalid. */
bool trace_continue(struct trace *trace, const char *traceparent, size_t length);

/* The `traceparent` for a request of ours in this trace. */
void trace_write(const struct trace *trace, char text[static TRACEPARENT_BYTES]);

/* Whether a `tracestate` can be passed on as it is: not empty, printable but for tabs around its
 * members, within the bounds. */
bool trace_state_is_valid(const char *state);
