/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/target.h"

#include "base/status.h"
#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Request targets, percent-decoding and query parameters. */

static const struct http_parameter table[] = {
    {"scale", HTTP_DECIMAL, 0, 1, true},
    {"quality", HTTP_INTEGER, 1, 100, false},
};

static struct http_parameter_values values;
static char detail[HTTP_DETAIL_BYTES];

static int parse(const char *query)
{
    return http_query_parse(query, strlen(query), table, 2, &values, detail);
}

/* Goal: what the contract lists as a factor is taken, and '+' is a plus. */
static void test_good_values(void **state)
{
    static const struct {
        const char *query;
        double scale;
    } cases[] = {
        {"scale=0.5", 0.5},     {"scale=.5", 0.5},    {"scale=5e-1", 0.5},
        {"scale=1", 1},         {"scale=+0.5", 0.5},  {"scale=5.e-1", 0.5},
        {"scale=%30%2e5", 0.5}, {"s%63ale=0.5", 0.5}, {"scale=1e-300", 1e-300},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].query), 0);
        assert_true(values.value[0].given);
        assert_true(values.value[0].decimal == cases[i].scale);
        assert_false(values.value[1].given);
        assert_string_equal(detail, "");
    }
    assert_int_equal(parse("quality=100&scale=0.25"), 0);
    assert_int_equal(values.value[1].integer, 100);
    assert_true(values.value[0].decimal == 0.25);
    assert_int_equal(parse(""), 0);
    assert_false(values.value[0].given || values.value[1].given);
}

/* Leaves bytes where the next functions have their variables. */
static void dirty_stack(void)
{
    volatile unsigned char bytes[8192];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = 0xa5;
}

/* Goal: what is no number leaves none behind: nothing is read that was never written. */
static void test_no_number(void **state)
{
    static const char *const cases[] = {"scale=abc", "scale=1e999", "scale=0x1", "quality=abc",
                                        "quality=99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        dirty_stack();
        assert_int_equal(parse(cases[i]), STATUS_BAD_PARAMETER);
        assert_true(values.value[0].decimal == 0);
        assert_int_equal(values.value[1].integer, 0);
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
        "quality=+5",
        "quality=1e1",
        "quality=0x5",
        "quality=99999999999999999999",
        "scale=0.5&quality=",
        "quality=-1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(of_scale) / sizeof(of_scale[0]); i++) {
        assert_int_equal(parse(of_scale[i]), STATUS_BAD_PARAMETER);
        assert_non_null(strstr(detail, "'scale'"));
    }
    for (size_t i = 0; i < sizeof(of_quality) / sizeof(of_quality[0]); i++) {
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

/* Goal: a decoded text is well-formed UTF-8 without NUL, and never passes its buffer. */
static void test_percent_decode(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(http_percent_decode("%C3%a9", 6, out, sizeof(out)), 0);
    assert_string_equal(out, "\xc3\xa9");
    assert_int_equal(http_percent_decode("a+b", 3, out, sizeof(out)), 0);
    assert_string_equal(out, "a+b");
    assert_int_equal(http_percent_decode("1234567", 7, out, sizeof(out)), 0);
    assert_int_equal(http_percent_decode("12345678", 8, out, sizeof(out)), -EFBIG);
    assert_string_equal(out, "1234567"); /* terminated on errors too */
    memset(out, 'x', sizeof(out));
    assert_int_equal(http_percent_decode("ab%", 3, out, sizeof(out)), -EINVAL);
    assert_string_equal(out, "ab");
    assert_int_equal(http_percent_decode("%00", 3, out, sizeof(out)), -EINVAL);
    assert_int_equal(http_percent_decode("a\0b", 3, out, sizeof(out)), -EINVAL);
    assert_int_equal(http_percent_decode("%4", 2, out, sizeof(out)), -EINVAL);
    assert_int_equal(http_percent_decode("%41", 2, out, sizeof(out)), -EINVAL);
    assert_int_equal(http_percent_decode("%c0%af", 6, out, sizeof(out)), -EINVAL);
}

/* Goal: UTF-8 as RFC 3629 has it. */
static void test_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "a\xe2\x82\xac"};
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xc2",         "\xe2\x82",         "\xe2\x28\xa1",     "\xff",
        "a\xf0\x90\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(utf8_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
}

static int split(const char *text, struct http_target *target)
{
    return http_target_split(text, strlen(text), false, target);
}

/* Goal: the four forms of a request target. */
static void test_targets(void **state)
{
    static const struct {
        const char *text, *path, *query;
    } good[] = {
        {"/", "/", NULL},
        {"/gray?scale=0.5", "/gray", "scale=0.5"},
        {"/a?", "/a", ""},
        {"/?a?b", "/", "a?b"},
        {"http://host/gray?x", "/gray", "x"},
        {"HTTPS://host:80/a", "/a", NULL},
        {"http://host", "/", NULL},
        {"http://host?q", "/", "q"},
        {"http://[::1]:80/a", "/a", NULL},
    };
    static const char *const bad[] = {"",
                                      "gray",
                                      "ftp://host/",
                                      "http:///a",
                                      "http://",
                                      "/a b",
                                      "/a#b",
                                      "/a\tb",
                                      "/a\x7f",
                                      "**",
                                      "?a",
                                      "\r/",
                                      "http://user@host/",
                                      "http://:80/",
                                      "http://a\\b/",
                                      "http://a:b/"};
    struct http_target target;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(split(good[i].text, &target), 0);
        assert_int_equal(target.path_length, strlen(good[i].path));
        assert_memory_equal(target.path, good[i].path, target.path_length);
        assert_int_equal(target.query == NULL, good[i].query == NULL);
        if (good[i].query != NULL)
            assert_memory_equal(target.query, good[i].query, strlen(good[i].query) + 1);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(split(bad[i], &target), STATUS_BAD_REQUEST);
    assert_int_equal(split("*", &target), 0);
    assert_true(target.asterisk);
    assert_int_equal(http_target_split("host:80", 7, true, &target), 0);
    assert_true(target.authority);
}

/* Goal: a host is a name or an address, with a port or without. */
static void test_hosts(void **state)
{
    static const char *const good[] = {"",      "a",        "a:80",         "a:",  "1.2.3.4:80",
                                       "[::1]", "[::1]:80", "xn--a.b-c_d~", "%41", ":80"};
    static const char *const bad[] = {"a/b",  "a b",  "a@b", "a, b",  "a:b",        "a:80:80",
                                      "::1",  "[::1", "[]",  "[",     "[a]b",       "a]",
                                      "a\\b", "a?",   "a#",  "\"a\"", "caf\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(http_host_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(http_host_is_valid(bad[i], strlen(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_values), cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_bad_names),   cmocka_unit_test(test_percent_decode),
        cmocka_unit_test(test_utf8),        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_hosts),       cmocka_unit_test(test_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
