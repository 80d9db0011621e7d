/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/trace.h"

#include "base/deadline.h"
#include "base/mix.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/*
 * "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": version, trace, parent, flags.
 */
enum {
    VERSION_DIGITS = 2,
    TRACE_AT = 3,
    PARENT_AT = TRACE_AT + TRACE_ID_BYTES,
    FLAGS_AT = PARENT_AT + SPAN_ID_BYTES,
    LENGTH = FLAGS_AT + 2,
    FLAGS_KNOWN = 0x03, /* sampled; random, of level 2. Others are sent as 0 (section 3.2.2.5) */
    STATE_MEMBERS_MAX = 32,
};

static uint64_t keys[2];
static pthread_once_t keys_once = PTHREAD_ONCE_INIT;

static void choose_keys(void)
{
    if (getrandom(keys, sizeof(keys), 0) != (ssize_t)sizeof(keys))
        keys[0] = keys[1] = (uint64_t)clock_us();
}

/* Distinct for each call, and never 0. Unlike getrandom() it is no system call. */
static uint64_t next_id(unsigned key)
{
    static _Atomic uint64_t counter;
    const uint64_t step = 0x9e3779b97f4a7c15;
    uint64_t id;

    pthread_once(&keys_once, choose_keys);
    do
        id = mix_bits(keys[key] +
                      step * atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed));
    while (id == 0);
    return id;
}

static void print_id(uint64_t id, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 60; shift >= 0; shift -= 4)
        *text++ = digits[id >> shift & 15];
    *text = '\0';
}

void trace_begin(struct trace *trace)
{
    print_id(next_id(0), trace->trace_id);
    print_id(next_id(1), trace->trace_id + 16);
    print_id(next_id(1), trace->span_id);
    trace->parent_id[0] = '\0';
    trace->flags = 0;
}

/* Lower-case digits only (section 3.2.2). */
static bool is_hexadecimal(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    }
    return true;
}

static bool is_id(const char *text, size_t length)
{
    return is_hexadecimal(text, length) && strspn(text, "0") < length;
}

/* A later version may be longer, and begins as this one (section 4.3). */
static bool is_version(const char *text, size_t length)
{
    if (!is_hexadecimal(text, VERSION_DIGITS) || strncmp(text, "ff", VERSION_DIGITS) == 0)
        return false;
    return length == LENGTH || (strncmp(text, "00", VERSION_DIGITS) != 0 && text[LENGTH] == '-');
}

static unsigned digit(char hexadecimal)
{
    return (unsigned)(hexadecimal <= '9' ? hexadecimal - '0' : hexadecimal - 'a' + 10);
}

bool trace_continue(struct trace *trace, const char *traceparent, size_t length)
{
    const char *id = traceparent + TRACE_AT, *parent = traceparent + PARENT_AT;
    const char *flags = traceparent + FLAGS_AT;

    if (length < LENGTH || !is_version(traceparent, length) || id[-1] != '-' || parent[-1] != '-' ||
        flags[-1] != '-' || !is_id(id, TRACE_ID_BYTES - 1) || !is_id(parent, SPAN_ID_BYTES - 1) ||
        !is_hexadecimal(flags, 2))
        return false;
    memcpy(trace->trace_id, id, TRACE_ID_BYTES - 1);
    memcpy(trace->parent_id, parent, SPAN_ID_BYTES - 1);
    trace->trace_id[TRACE_ID_BYTES - 1] = trace->parent_id[SPAN_ID_BYTES - 1] = '\0';
    trace->flags = (uint8_t)((digit(flags[0]) << 4 | digit(flags[1])) & FLAGS_KNOWN);
    return true;
}

void trace_write(const struct trace *trace, char text[static TRACEPARENT_BYTES])
{
    snprintf(text, TRACEPARENT_BYTES, "00-%s-%s-%02x", trace->trace_id, trace->span_id,
             trace->flags);
}

/* Whether the white space there lies around a member, and not in it. */
static bool is_around_member(const char *state, size_t at)
{
    const char *next = state + at + strspn(state + at, " \t");

    while (at > 0 && (state[at - 1] == ' ' || state[at - 1] == '\t'))
        at--;
    return at == 0 || state[at - 1] == ',' || *next == ',' || *next == '\0';
}

bool trace_state_is_valid(const char *state)
{
    size_t length = 0, members = 1;

    for (; state[length] != '\0'; length++) {
        /* A tab is white space around members only (section 3.3.1). */
        const bool printable = state[length] >= ' ' && state[length] <= '~';

        if (length == TRACESTATE_MAX ||
            !(printable || (state[length] == '\t' && is_around_member(state, length))))
            return false;
        members += state[length] == ',';
    }
    return length > 0 && members <= STATE_MEMBERS_MAX;
}
