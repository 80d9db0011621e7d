/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/trace.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TRACE_TEXT  "0af7651916cd43dd8448eb211c80319c"
#define PARENT_TEXT "b7ad6b7169203331"

static bool continues(const char *traceparent, struct trace *trace)
{
    return trace_continue(trace, traceparent, strlen(traceparent));
}

/* Goal: traces and spans of our own have valid ids, never the same twice. */
static void test_new_ids(void **state)
{
    struct trace one, other, parsed;
    char text[TRACEPARENT_BYTES];

    (void)state;
    trace_begin(&one);
    trace_begin(&other);
    assert_string_not_equal(one.trace_id, other.trace_id);
    assert_string_not_equal(one.span_id, other.span_id);
    assert_string_equal(one.parent_id, "");
    trace_write(&one, text);
    assert_int_equal(strlen(text), 55);
    trace_begin(&parsed);
    assert_true(continues(text, &parsed));
    assert_string_equal(parsed.trace_id, one.trace_id);
    assert_string_equal(parsed.parent_id, one.span_id);
}

/* Goal: a valid traceparent is continued by a span of our own, its flags as far as they are known.
 */
static void test_continued(void **state)
{
    static const struct {
        const char *given, *flags;
    } rows[] = {
        {"00-" TRACE_TEXT "-" PARENT_TEXT "-01", "01"},
        {"00-" TRACE_TEXT "-" PARENT_TEXT "-00", "00"},
        {"00-" TRACE_TEXT "-" PARENT_TEXT "-ff", "03"},
        {"cc-" TRACE_TEXT "-" PARENT_TEXT "-01", "01"},
        {"cc-" TRACE_TEXT "-" PARENT_TEXT "-01-what-comes", "01"},
    };
    char text[TRACEPARENT_BYTES], own[SPAN_ID_BYTES];
    struct trace trace;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        trace_begin(&trace);
        strcpy(own, trace.span_id);
        assert_true(continues(rows[i].given, &trace));
        assert_string_equal(trace.trace_id, TRACE_TEXT);
        assert_string_equal(trace.parent_id, PARENT_TEXT);
        assert_string_equal(trace.span_id, own);
        trace_write(&trace, text);
        assert_memory_equal(text, "00-" TRACE_TEXT "-", 36);
        assert_string_equal(text + 53, rows[i].flags);
    }
}

/* Goal: anything else begins a new trace. */
static void test_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "00",
        "00-" TRACE_TEXT "-" PARENT_TEXT,
        "00-" TRACE_TEXT "-" PARENT_TEXT "-0",
        "00-" TRACE_TEXT "-" PARENT_TEXT "-01-",
        "00-" TRACE_TEXT "-" PARENT_TEXT "-01-more",
        "cc-" TRACE_TEXT "-" PARENT_TEXT "-01.more",
        "ff-" TRACE_TEXT "-" PARENT_TEXT "-01",
        "0-0" TRACE_TEXT "-" PARENT_TEXT "-01",
        "00-00000000000000000000000000000000-" PARENT_TEXT "-01",
        "00-" TRACE_TEXT "-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" PARENT_TEXT "-01",
        "00-0af7651916cd43dd8448eb211c80319g-" PARENT_TEXT "-01",
        "00-" TRACE_TEXT "-" PARENT_TEXT "-0x",
        "00_" TRACE_TEXT "-" PARENT_TEXT "-01",
        "00-" TRACE_TEXT "." PARENT_TEXT "-01",
        "00-" TRACE_TEXT "-" PARENT_TEXT ".01",
    };
    struct trace trace, before;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        trace_begin(&trace);
        before = trace;
        assert_false(continues(wrong[i], &trace));
        assert_memory_equal(&trace, &before, sizeof(trace));
    }
}

/* Goal: tracestate within its bounds is passed on; beyond them it is not. */
static void test_state(void **state)
{
    char text[TRACESTATE_MAX + 2];

    (void)state;
    assert_true(trace_state_is_valid("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
    assert_false(trace_state_is_valid(""));
    assert_true(trace_state_is_valid("a=1,\tb=2"));
    assert_true(trace_state_is_valid("a=1 \t, \t b=2,\t,\t c=3"));
    assert_true(trace_state_is_valid("\ta=b\t"));
    assert_false(trace_state_is_valid("a=\tb"));
    assert_false(trace_state_is_valid("a=1,b=2 \t 3,c=4"));
    assert_false(trace_state_is_valid("a=1,\rb=2"));
    assert_false(trace_state_is_valid("a=\xc3\xa9"));
    memset(text, 'a', sizeof(text));
    text[TRACESTATE_MAX] = '\0';
    assert_true(trace_state_is_valid(text));
    text[TRACESTATE_MAX] = 'a';
    text[TRACESTATE_MAX + 1] = '\0';
    assert_false(trace_state_is_valid(text));
    memset(text, ',', 31);
    text[31] = '\0';
    assert_true(trace_state_is_valid(text));
    strcpy(text + 31, ",");
    assert_false(trace_state_is_valid(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_ids),
        cmocka_unit_test(test_continued),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
