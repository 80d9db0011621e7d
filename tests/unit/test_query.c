/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/query.h"

#include "base/cleanup.h"
#include "base/status.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Reading a query against a table of parameters, and writing it back. */

struct members {
    struct decimal scale, sigma;
    uint32_t quality, format;
};

static const struct http_choice formats[] = {
    {"source", 0}, {"jpeg", 1}, {"jpg", 1}, {"png", 2}, {NULL, 0}};

static const struct http_parameter rows[] = {
    {
        .name = "scale",
        .type = &http_type_decimal,
        .offset = offsetof(struct members, scale),
        .above_smallest = true,
        .largest = {.digits = 1},
    },
    {
        .name = "quality",
        .type = &http_type_integer,
        .offset = offsetof(struct members, quality),
        .smallest = {.digits = 1},
        .largest = {.digits = 100},
    },
    {
        .name = "format",
        .type = &http_type_choice,
        .offset = offsetof(struct members, format),
        .choices = formats,
    },
    {
        .name = "sigma",
        .type = &http_type_decimal,
        .offset = offsetof(struct members, sigma),
        .smallest = {.digits = 3, .places = 1},
        .largest = {.digits = 100},
    },
};
static const struct http_parameter_table table = {.rows = rows, .count = ARRAY_LENGTH(rows)};

static struct http_parameter_values values;
static const struct members *members = (const struct members *)values.members;
static char detail[HTTP_DETAIL_BYTES];

static int parse(const char *query)
{
    values = (struct http_parameter_values){0};
    return http_query_parse(query, strlen(query), &table, &values, detail);
}

/* Goal: what the contract lists as a factor is taken exactly as it is written; "%2B" is a plus. */
static void test_decimals(void **state)
{
    static const struct {
        const char *query;
        struct decimal scale;
        const char *written;
    } cases[] = {
        {"scale=0.5", {5, 1, 0}, "?scale=0.5"},
        {"scale=.5", {5, 1, 0}, "?scale=0.5"},
        {"scale=5e-1", {5, 1, 0}, "?scale=0.5"},
        {"scale=1", {1, 0, 0}, "?scale=1"},
        {"scale=%2B0.5", {5, 1, 0}, "?scale=0.5"},
        {"scale=5.e-1", {5, 1, 0}, "?scale=0.5"},
        {"scale=0.500", {500, 3, 0}, "?scale=0.5"},
        {"scale=%30%2e5", {5, 1, 0}, "?scale=0.5"},
        {"s%63ale=0.5", {5, 1, 0}, "?scale=0.5"},
        {"scale=0.29", {29, 2, 0}, "?scale=0.29"},
        {"scale=0.000000000000000001", {1, 18, 0}, "?scale=0.000000000000000001"},
        {"scale=1e-300", {1, 300, 0}, "?scale=1e-300"},
        {"scale=0.123456789012345678", {123456789012345678, 18, 0}, "?scale=0.123456789012345678"},
    };
    char query[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(parse(cases[i].query), 0);
        assert_int_equal(values.given, 1);
        assert_memory_equal(&members->scale, &cases[i].scale, sizeof(struct decimal));
        assert_string_equal(detail, "");
        assert_int_equal(http_query_write(&table, &values, query, sizeof(query)), 0);
        assert_string_equal(query, cases[i].written);
        assert_int_equal(parse(query + 1), 0);
        assert_int_equal(decimal_compare(members->scale, cases[i].scale), 0);
    }
}

/* Goal: bounds are compared as decimals: no double stands between them and what is written. */
static void test_bounds(void **state)
{
    (void)state;
    assert_int_equal(parse("sigma=0.3"), 0);
    assert_int_equal(parse("sigma=100.000"), 0);
    assert_int_equal(parse("sigma=0.2999999999999999999"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("sigma=1e-30"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("sigma=100.000000000000001"), STATUS_BAD_PARAMETER);
    assert_string_equal(detail, "parameter 'sigma' must be a decimal number such as 0.5, at least "
                                "0.3 and at most 100");
    assert_int_equal(parse("scale=1.00000000000000001"), STATUS_BAD_PARAMETER);
}

/* Goal: a choice is one of its words, an alias is written as the first word of its value. */
static void test_choices(void **state)
{
    char query[64];

    (void)state;
    assert_int_equal(parse("format=png"), 0);
    assert_int_equal(members->format, 2);
    assert_int_equal(parse("format=jpg&quality=7"), 0);
    assert_int_equal(members->format, 1);
    assert_int_equal(http_query_write(&table, &values, query, sizeof(query)), 0);
    assert_string_equal(query, "?quality=7&format=jpeg");
    assert_int_equal(parse("format=PNG"), STATUS_BAD_PARAMETER);
    assert_string_equal(detail, "parameter 'format' must be one of source, jpeg, jpg, png");
    assert_int_equal(parse("format=jpe"), STATUS_BAD_PARAMETER);
}

static int read_field(const char *name, const char *value)
{
    return http_field_read(name, strlen(name), value, strlen(value), &table, &values, detail);
}

/* Goal: a form's fields are taken as they are, beside the query; an empty one gives nothing. */
static void test_fields(void **state)
{
    static const char long_name[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789";

    (void)state;
    assert_int_equal(parse("scale=0.5"), 0);
    assert_int_equal(read_field("quality", "80"), 0);
    assert_int_equal(read_field("format", ""), 0);
    assert_int_equal(read_field("submit", ""), 0);
    assert_int_equal(read_field("scale", ""), 0);
    assert_int_equal(values.given, 3);
    assert_int_equal(members->quality, 80);
    assert_int_equal(read_field("scale", "0.5"), STATUS_BAD_PARAMETER);
    assert_string_equal(detail, "parameter 'scale' is given more than once");
    assert_int_equal(read_field("quality", "80"), STATUS_BAD_PARAMETER);
    assert_int_equal(read_field("submit", "Send"), STATUS_BAD_PARAMETER);
    assert_string_equal(detail, "unknown parameter 'submit'");
    assert_int_equal(read_field(long_name, "1"), STATUS_BAD_PARAMETER);
    assert_non_null(strstr(detail, "unknown parameter '0123"));
    assert_int_equal(parse(""), 0);
    assert_int_equal(read_field("sigma", "+1"), 0); /* not encoded: a plus */
    assert_int_equal(read_field("scale", "%30.5"), STATUS_BAD_PARAMETER);
    assert_int_equal(read_field("format", "\xff"), STATUS_BAD_PARAMETER);
    assert_non_null(strstr(detail, "'format'"));
    values = (struct http_parameter_values){0};
    assert_int_equal(http_field_read("quality", 7, "8\0", 2, &table, &values, detail),
                     STATUS_BAD_PARAMETER);
    assert_int_equal(http_field_read("qual\0ty", 7, "8", 1, &table, &values, detail),
                     STATUS_BAD_PARAMETER);
}

/* Goal: what is not given keeps its preset, and what is given replaces it. */
static void test_presets(void **state)
{
    struct members *preset = (struct members *)values.members;

    (void)state;
    values = (struct http_parameter_values){0};
    preset->format = 2;
    preset->quality = 9;
    assert_int_equal(http_query_parse("format=source", 13, &table, &values, detail), 0);
    assert_int_equal(members->format, 0);
    assert_int_equal(members->quality, 9);
    assert_int_equal(values.given, 1 << 2);
    assert_int_equal(parse(""), 0);
    assert_int_equal(values.given, 0);
    assert_int_equal(http_query_parse(NULL, 0, &table, &values, detail), 0);
}

/* Goal: a query that does not fit is no query, wherever it is cut. */
static void test_room(void **state)
{
    char query[32];

    (void)state;
    assert_int_equal(parse("scale=0.25&quality=80"), 0);
    for (size_t size = 0; size < sizeof("?scale=0.25&quality=80"); size++)
        assert_int_equal(http_query_write(&table, &values, query, size), -ENOSPC);
    assert_int_equal(http_query_write(&table, &values, query, sizeof("?scale=0.25&quality=80")), 0);
    assert_string_equal(query, "?scale=0.25&quality=80");
    assert_int_equal(parse(""), 0);
    assert_int_equal(http_query_write(&table, &values, query, 1), 0);
    assert_string_equal(query, "");
}

/* Leaves bytes where the next functions have their variables. */
static void dirty_stack(void)
{
    volatile unsigned char bytes[8192];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = 0xa5;
}

/* Goal: what is not a value leaves none behind: nothing is read that was never written. */
static void test_no_value(void **state)
{
    static const char *const cases[] = {
        "scale=abc", "scale=1e999", "scale=0x1", "quality=abc", "quality=99999999999999999999",
        "format=abc"};
    static const struct members zero;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        dirty_stack();
        assert_int_equal(parse(cases[i]), STATUS_BAD_PARAMETER);
        assert_memory_equal(members, &zero, sizeof(zero));
    }
}

/* Goal: everything else is refused, and the answer names the parameter. */
static void test_bad_values(void **state)
{
    static const char *const of_scale[] = {
        "scale=0",
        "scale=-0.5",
        "scale=1.0001",
        "scale=",
        "scale",
        "scale=nan",
        "scale=inf",
        "scale=1e309",
        "scale=0x1p-1",
        "scale=0,5",
        "scale= 0.5",
        "scale=%200.5",
        "scale=+0.5", /* a space */
        "scale=5e+0",
        "scale=0.5+",
        "scale=0.5%20",
        "scale=0.5%00",
        "scale=%",
        "scale=%3",
        "scale=%zz",
        "scale=%c0%ae5",
        "scale=0.5&scale=0.5",
        "scale=1e-999",
        "scale=0.5=",
        "scale==0.5",
        "scale=0.5;quality=5",
        "scale=%ff",
    };
    static const char *const of_quality[] = {
        "quality=0",
        "quality=101",
        "quality=5.0",
        "quality=%2B5",
        "quality=1e1",
        "quality=0x5",
        "quality=99999999999999999999",
        "scale=0.5&quality=",
        "quality=-1",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(of_scale); i++) {
        assert_int_equal(parse(of_scale[i]), STATUS_BAD_PARAMETER);
        assert_non_null(strstr(detail, "'scale'"));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(of_quality); i++) {
        assert_int_equal(parse(of_quality[i]), STATUS_BAD_PARAMETER);
        assert_non_null(strstr(detail, "'quality'"));
    }
}

/* Goal: unknown names, empty pairs and endless texts are refused. */
static void test_bad_names(void **state)
{
    char query[8192];

    (void)state;
    assert_int_equal(parse("Scale=0.5"), STATUS_BAD_PARAMETER);
    assert_non_null(strstr(detail, "'Scale'"));
    assert_int_equal(parse("scale%00x=0.5"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("scale=0.5&"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("&scale=0.5"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("=0.5"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("a"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("%c3%28=1"), STATUS_BAD_PARAMETER);
    assert_int_equal(parse("%zz%ff=1"), STATUS_BAD_PARAMETER);
    assert_non_null(strstr(detail, "'%zz%ff'"));
    memset(query, '1', sizeof(query) - 1);
    query[sizeof(query) - 1] = '\0';
    assert_int_equal(parse(query), STATUS_BAD_PARAMETER);
    assert_non_null(strstr(detail, "'1111111111"));
    memcpy(query + 63, "\xc3\xa9", 2); /* where the name is cut */
    assert_int_equal(parse(query), STATUS_BAD_PARAMETER);
    assert_non_null(strstr(detail, "111...'"));
    memset(query + 63, '1', 2);
    memcpy(query, "scale=0.", 8);
    assert_int_equal(parse(query), STATUS_BAD_PARAMETER);
    assert_non_null(strstr(detail, "'scale'"));
}

/* Goal: a parameter is taken out of a query however its name is written, and the rest stays. */
static void test_without(void **state)
{
    static const char *const cases[][2] = {
        {"key=1", ""},
        {"a=1&key=2&b=%41", "a=1&b=%41"},
        {"%6bey=1&key&key=&a", "a"},
        {"keys=1&Key=2&a=key", "keys=1&Key=2&a=key"},
        {"", ""},
        {"%zz=1&key=3", "%zz=1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *left = http_query_without(cases[i][0], strlen(cases[i][0]), "key");

        assert_string_equal(left, cases[i][1]);
        free(left);
    }
}

/* Goal: names that a table ignores are taken with any value, again and again unless it says that
 * each may come once; not in a form. */
static void test_ignored(void **state)
{
    static const char *const ignored[] = {"field", "key", NULL};
    const struct http_parameter_table lenient = {.ignored = ignored};
    const struct http_parameter_table strict = {.ignored = ignored, .ignored_once = true};
    static const char query[] = "field=&key=1&key&field=%zz";
    static const char *const repeated[] = {"key=1&key=1", "key=1&field=&%6bey=2",
                                           "field=a&key&field=b"};

    (void)state;
    assert_int_equal(http_query_parse(query, strlen(query), &lenient, &values, detail), 0);
    assert_int_equal(http_query_parse(query, strlen(query), &strict, &values, detail), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(repeated); i++) {
        assert_int_equal(
            http_query_parse(repeated[i], strlen(repeated[i]), &strict, &values, detail),
            STATUS_BAD_PARAMETER);
        assert_non_null(strstr(detail, "given more than once"));
    }
    assert_int_equal(http_query_parse("fields=1", 8, &lenient, &values, detail),
                     STATUS_BAD_PARAMETER);
    assert_int_equal(http_field_read("key", 3, "x", 1, &lenient, &values, detail),
                     STATUS_BAD_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without),   cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_decimals),  cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_choices),   cmocka_unit_test(test_presets),
        cmocka_unit_test(test_fields),    cmocka_unit_test(test_room),
        cmocka_unit_test(test_no_value),  cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_bad_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
