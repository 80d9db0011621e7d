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

/* Request targets and percent-decoding. */

/* Goal: a decoded text is well-formed UTF-8 without NUL, and never passes its buffer. */
static void test_percent_decode(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(http_percent_decode("%C3%a9", 6, out, sizeof(out)), 0);
    assert_string_equal(out, "\xc3\xa9");
    assert_int_equal(http_percent_decode("a+b", 3, out, sizeof(out)), 0);
    assert_string_equal(out, "a+b");
    assert_int_equal(http_query_decode("a+b%2bc", 7, out, sizeof(out)), 0);
    assert_string_equal(out, "a b+c");
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
        cmocka_unit_test(test_percent_decode),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
