/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/file.h"

#include "base/cleanup.h"
#include "config/check.h"
#include "config/list.h"
#include "config/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The JSON file: how each kind of mistake is reported, and that correct files are accepted. */

struct result {
    struct settings settings;
    struct reading reading;
    char *errors; /* all lines */
    size_t errors_size;
};

static void read_bytes(struct result *result, const struct option_table *options, const char *text,
                       size_t length)
{
    FILE *stream;

    *result = (struct result){0};
    stream = open_memstream(&result->errors, &result->errors_size);
    assert_non_null(stream);
    assert_int_equal(reading_start(&result->reading, options, &result->settings, stream), 0);
    assert_int_equal(file_read_text(&result->reading, "x.json", text, length), 0);
    reading_compare(&result->reading);
    fclose(stream);
}

static void clear(struct result *result)
{
    settings_clear(&result->settings);
    free(result->errors);
}

/* The text gives these lines, and no others. */
static void expect(const struct option_table *options, const char *text, const char *lines)
{
    struct result result;

    read_bytes(&result, options, text, strlen(text));
    assert_string_equal(result.errors, lines);
    clear(&result);
}

#define GATEWAY "grisaille-gateway: x.json: "

static void test_right_files(void **state)
{
    static const char *const cases[] = {
        "{}",
        " \t\r\n{}\r\n",
        "{\"listen\": {}}",
        "{\"listen\": {\"port\": 0}}",
        "{\"listen\": {\"port\": 65535}}",
        "{\"listen\": {\"port\": 8e1}}",
        "{\"listen\": {\"port\": 80.0}}",
        "{\"listen\": {\"ip\": \"\\u0031.2.3.4\"}}",
        "{\"sandbox\": \"off\", \"log\": {\"level\": \"debug\", \"format\": \"json\"}}",
        "{\"computed\": {\"workers\": 5, \"anything\": [1, {}, null]}}",
        "{\"scale\": {\"upstream\": \"http://[::1]:9\"}}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        expect(&gateway_options, cases[i], "");
}

static void test_values_arrive(void **state)
{
    static const char text[] =
        "{\"listen\": {\"ip\": \"127.0.0.1\", \"port\": 1234}, \"sandbox\": \"off\","
        " \"scale\": {\"default\": 0.25, \"max\": 0.75, \"workers\": 3},"
        " \"limits\": {\"max_pixels\": 1000000000000}, \"log\": {\"level\": \"warning\"}}";
    struct result result;

    (void)state;
    read_bytes(&result, &scale_options, text, strlen(text));
    assert_string_equal(result.errors, "");
    assert_string_equal(result.settings.listen.ip, "127.0.0.1");
    assert_int_equal(result.settings.listen.port, 1234);
    assert_int_equal(result.settings.sandbox, 0);
    assert_true(result.settings.scale.factor == 0.25);
    assert_true(result.settings.scale.max == 0.75);
    assert_int_equal(result.settings.pool.workers, 3);
    assert_int_equal(result.settings.limits.max_pixels, 1000000000000);
    assert_int_equal(result.settings.log_level, 1);
    assert_int_equal(result.settings.output.quality, 80);
    clear(&result);
}

#define PORT_EXPECTS GATEWAY "listen.port: expected an integer from 0 to 65535, got "

static void test_wrong_values(void **state)
{
    static const struct {
        const char *text, *lines;
    } cases[] = {
        {"{\"listen\": {\"port\": \"x\"}}", PORT_EXPECTS "\"x\"\n"},
        {"{\"listen\": {\"port\": \"80\"}}", PORT_EXPECTS "\"80\"\n"},
        {"{\"listen\": {\"port\": 65536}}", PORT_EXPECTS "65536\n"},
        {"{\"listen\": {\"port\": -1}}", PORT_EXPECTS "-1\n"},
        {"{\"listen\": {\"port\": 80.5}}", PORT_EXPECTS "80.5\n"},
        {"{\"listen\": {\"port\": 1e-400, \"idle_timeout_ms\": 1}}", ""},
        {"{\"listen\": {\"port\": 1e400}}", PORT_EXPECTS "a number without bounds\n"},
        {"{\"listen\": {\"port\": -1e400}}", PORT_EXPECTS "a number without bounds\n"},
        {"{\"listen\": {\"port\": 1e300}}", PORT_EXPECTS "1e+300\n"},
        {"{\"listen\": {\"port\": 18446744073709551616}}", PORT_EXPECTS "1.8446744073709552e+19\n"},
        {"{\"listen\": {\"port\": true}}", PORT_EXPECTS "true\n"},
        {"{\"listen\": {\"port\": null}}", PORT_EXPECTS "null\n"},
        {"{\"listen\": {\"port\": [80]}}", PORT_EXPECTS "an array\n"},
        {"{\"listen\": {\"port\": {\"a\": 1}}}", PORT_EXPECTS "an object\n"},
        {"{\"listen\": {\"ip\": 5}}",
         GATEWAY "listen.ip: expected an IPv4 or IPv6 address, or unix:/path, got 5\n"},
        {"{\"listen\": {\"ip\": \"localhost\"}}",
         GATEWAY "listen.ip: expected an IPv4 or IPv6 address, or unix:/path, got \"localhost\"\n"},
        {"{\"gray\": {\"program\": 5}}", GATEWAY "gray.program: expected a path, got 5\n"},
        {"{\"sandbox\": \"Off\"}",
         GATEWAY "sandbox: expected \"off\" or \"required\", got \"Off\"\n"},
        {"{\"sandbox\": false}", GATEWAY "sandbox: expected \"off\" or \"required\", got false\n"},
        {"{\"sandbox\": {\"mode\": \"off\"}}",
         GATEWAY "sandbox: expected \"off\" or \"required\", got an object\n"},
        {"{\"log\": {\"level\": \"loud\"}}", GATEWAY
         "log.level: expected \"error\", \"warning\", \"info\" or \"debug\", got \"loud\"\n"},
        {"{\"scale\": {\"upstream\": \"https://a\"}}",
         GATEWAY "scale.upstream: expected http://host[:port] without user, path or query, "
                 "got \"https://a\"\n"},
        {"{\"listen\": 5}", GATEWAY "listen: expected an object, got 5\n"},
        {"{\"listen\": [{}]}", GATEWAY "listen: expected an object, got an array\n"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        expect(&gateway_options, cases[i].text, cases[i].lines);
}

/* The factor's range has an open end. */
static void test_numbers(void **state)
{
    static const char expects[] =
        "grisaille-scale: x.json: scale.max: expected a number above 0 and up to 1, got ";
    static const char *const wrong[] = {"0", "-0.5", "1.5", "\"1\"", "-0"};
    char text[100], lines[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        snprintf(text, sizeof(text), "{\"scale\": {\"max\": %s}}", wrong[i]);
        snprintf(lines, sizeof(lines), "%s%s\n", expects, wrong[i]);
        expect(&scale_options, text, lines);
    }
    expect(&scale_options, "{\"scale\": {\"default\": 1e-300, \"max\": 1}}", "");
}

static void test_keys(void **state)
{
    (void)state;
    expect(&gateway_options, "{\"nonsense\": 1}",
           GATEWAY
           "nonsense: unknown key, expected one of listen, limits, gray, scale, input, output, "
           "sandbox, trusted_proxies, auth, cors, log, metrics, shutdown, page\n");
    expect(&gateway_options, "{\"log\": {\"Level\": \"info\"}}",
           GATEWAY "log.Level: unknown key, expected one of level, format\n");
    expect(&gateway_options, "{\"scale\": {\"default\": 0.5}}",
           GATEWAY "scale.default: unknown key, expected one of upstream, token_file\n");
    expect(&scale_options, "{\"output\": {\"\": 0.5}}",
           "grisaille-scale: x.json: output.: unknown key, expected one of quality, "
           "avif_quality, avif_max_pixels, auto\n");
    expect(&scale_options, "{\"output\": {\"a\\nb\\u001b\": 0.5}}",
           "grisaille-scale: x.json: output.a?b?: unknown key, expected one of quality, "
           "avif_quality, avif_max_pixels, auto\n");
    expect(&gateway_options, "{\"log\": {\"level\": \"info\", \"level\": \"info\"}}",
           GATEWAY "log.level: duplicate key, expected it once\n");
    expect(&gateway_options, "{\"log\": {}, \"log\": {}}",
           GATEWAY "log: duplicate key, expected it once\n");
    expect(&gateway_options, "{\"sandbox\": \"off\", \"sandb\\u006fx\": \"off\"}",
           GATEWAY "sandbox: duplicate key, expected it once\n");
    expect(&gateway_options, "{\"computed\": 1, \"computed\": 2}",
           GATEWAY "computed: duplicate key, expected it once\n");
}

/* Options with the same name in another program, and flags without a key, are unknown here. */
static void test_keys_of_others(void **state)
{
    struct result result;

    (void)state;
    read_bytes(&result, &scale_options, "{\"gray\": {\"workers\": 1}}", 24);
    assert_non_null(strstr(result.errors, "gray: unknown key"));
    clear(&result);
    read_bytes(&result, &scale_options, "{\"ready_fd\": 1, \"ready-fd\": 1}", 30);
    assert_non_null(strstr(result.errors, "ready_fd: unknown key"));
    assert_non_null(strstr(result.errors, "ready-fd: unknown key"));
    clear(&result);
}

static void test_broken_json(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"", "line 1: broken JSON: ends too early\n"},
        {"\n\n", "line 3: broken JSON: ends too early\n"},
        {"{\n \"listen\": {\n  \"port\": 80,,\n }\n}\n",
         "line 3: broken JSON near:   \"port\": 80,,\n"},
        {"{\"listen\": {\"port\": 80}\n", "line 2: broken JSON: ends too early\n"},
        {"{\"sandbox\": \"off", "line 1: broken JSON near: {\"sandbox\": \"off\n"},
        {"{\"sandbox\": off}", "line 1: broken JSON near: {\"sandbox\": off}\n"},
        {"{sandbox: \"off\"}", "line 1: broken JSON near: {sandbox: \"off\"}\n"},
        {"{\"sandbox\": \"o\\xff\"}", "line 1: broken JSON near: {\"sandbox\": \"o\\xff\"}\n"},
        {"{\"sandbox\": \"off\"}\n\n}", "line 3: broken JSON near: }\n"},
        {"{}{}", "line 1: broken JSON near: {}{}\n"},
        {"{} // a comment", "line 1: broken JSON near: {} // a comment\n"},
        {"{\"listen\": {\n\"port\": 080}}", "line 2: broken JSON: a malformed number\n"},
        {"{\"listen\": {\"port\": 1.}}", "line 1: broken JSON: a malformed number\n"},
        {"{\"listen\": {\"port\": 1e}}", "line 1: broken JSON: a malformed number\n"},
        {"{\"listen\": {\"port\": -}}", "line 1: broken JSON: a malformed number\n"},
        {"{\"listen\": {\"port\": 1-2}}", "line 1: broken JSON: a malformed number\n"},
        {"{\"listen\": {\"port\": NaN}}",
         "line 1: broken JSON near: {\"listen\": {\"port\": NaN}}\n"},
        {"{\"sandbox\": \"\xc3\x28\"}", "line 1: broken JSON: bytes that are not UTF-8\n"},
        {"{\"sandbox\": \"\xc0\xaf\"}", "line 1: broken JSON: bytes that are not UTF-8\n"},
        {"{\"sandbox\": \"\xed\xa0\x80\"}", "line 1: broken JSON: bytes that are not UTF-8\n"},
        {"{\n\"sandbox\": \"off\\u0000\"}", "line 2: broken JSON: a NUL character in a string\n"},
        {"{\"sandbox\": \"of\nf\"}", "line 1: broken JSON: a control character in a string\n"},
        {"{\v}", "line 1: broken JSON: a control character\n"},
    };
    char lines[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        snprintf(lines, sizeof(lines), GATEWAY "%s", cases[i].line);
        expect(&gateway_options, cases[i].text, lines);
    }
}

static void test_nul_byte(void **state)
{
    struct result result;

    (void)state;
    read_bytes(&result, &gateway_options, "{}\n\0{}", 6);
    assert_string_equal(result.errors, GATEWAY "line 2: broken JSON: a NUL character\n");
    clear(&result);
}

static void test_no_object(void **state)
{
    (void)state;
    expect(&gateway_options, "[1]", GATEWAY "expected a JSON object, got an array\n");
    expect(&gateway_options, "null", GATEWAY "expected a JSON object, got null\n");
    expect(&gateway_options, "\"{}\"", GATEWAY "expected a JSON object, got \"{}\"\n");
}

static void test_nesting(void **state)
{
    char text[100001];

    (void)state;
    memset(text, '[', sizeof(text));
    text[100000] = '\0';
    expect(&gateway_options, text, GATEWAY "line 1: broken JSON: nesting deeper than 16\n");
}

/* One mistake does not hide the next. */
static void test_all_errors(void **state)
{
    (void)state;
    expect(&gateway_options,
           "{\"listen\": {\"port\": -1, \"ip\": \"x\"}, \"output\": {\"quality\": 0}}",
           PORT_EXPECTS
           "-1\n" GATEWAY
           "listen.ip: expected an IPv4 or IPv6 address, or unix:/path, got \"x\"\n" GATEWAY
           "output.quality: expected an integer from 1 to 100, got 0\n");
}

/* A value that is long is shown cut. */
static void test_long_values(void **state)
{
    char text[5000];
    struct result result;

    (void)state;
    snprintf(text, sizeof(text), "{\"sandbox\": \"%04000d\"}", 0);
    read_bytes(&result, &gateway_options, text, strlen(text));
    assert_true(result.errors_size < 200);
    assert_non_null(strstr(result.errors, "000...\n"));
    clear(&result);
}

static void test_values_against_each_other(void **state)
{
    struct result result;

    (void)state;
    expect(&scale_options, "{\"scale\": {\"default\": 0.5, \"max\": 0.25}}",
           "grisaille-scale: x.json: scale.default: expected at most scale.max, which is 0.25, "
           "got 0.5\n");
    /* A default that nobody asked for gives way. */
    read_bytes(&result, &scale_options, "{\"scale\": {\"max\": 0.25}}", 24);
    assert_string_equal(result.errors, "");
    assert_true(result.settings.scale.factor == 0.25);
    clear(&result);
    /* Not judged against a value that was refused. */
    expect(&scale_options, "{\"scale\": {\"default\": 1, \"max\": 2}}",
           "grisaille-scale: x.json: scale.max: expected a number above 0 and up to 1, got 2\n");
}

#define NETWORK "an IPv4 or IPv6 address, or a network such as 10.0.0.0/8"

/* Goal: a list of networks: each is checked, and a wrong one is reported by its index. */
static void test_lists(void **state)
{
    static const struct {
        const char *value, *lines;
    } wrong[] = {
        {"5", GATEWAY "trusted_proxies: expected an array of strings, each " NETWORK ", got 5\n"},
        {"\"::1\"",
         GATEWAY "trusted_proxies: expected an array of strings, each " NETWORK ", got \"::1\"\n"},
        {"{}", GATEWAY "trusted_proxies: expected an array of strings, each " NETWORK
                       ", got an object\n"},
        {"[\"::1\", 5]", GATEWAY "trusted_proxies[1]: expected " NETWORK ", got 5\n"},
        {"[[]]", GATEWAY "trusted_proxies[0]: expected " NETWORK ", got an array\n"},
        {"[null]", GATEWAY "trusted_proxies[0]: expected " NETWORK ", got null\n"},
        {"[\"\"]", GATEWAY "trusted_proxies[0]: expected " NETWORK ", got \"\"\n"},
        {"[\"::1\", \"::\", \"10.0.0.0/33\"]",
         GATEWAY "trusted_proxies[2]: expected " NETWORK ", got \"10.0.0.0/33\"\n"},
        {"[\"::1,::2\"]", GATEWAY "trusted_proxies[0]: expected " NETWORK ", got \"::1,::2\"\n"},
    };
    static const char right[] =
        "{\"trusted_proxies\": [\"10.0.0.0/8\", \"2001:db8::/32\", \"::1\"]}";
    struct result result;
    char text[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        snprintf(text, sizeof(text), "{\"trusted_proxies\": %s}", wrong[i].value);
        expect(&gateway_options, text, wrong[i].lines);
    }
    read_bytes(&result, &gateway_options, right, strlen(right));
    assert_string_equal(result.errors, "");
    assert_int_equal(list_length(result.settings.trusted_proxies), 3);
    assert_string_equal(result.settings.trusted_proxies[1], "2001:db8::/32");
    clear(&result);
    read_bytes(&result, &scale_options, "{\"trusted_proxies\": []}", 23);
    assert_string_equal(result.errors, ""); /* it beats the default */
    assert_int_equal(list_length(result.settings.trusted_proxies), 0);
    clear(&result);
}

#define SHARE                                                                                      \
    GATEWAY "limits.share_per_client x limits.max_inflight_bytes: expected at least "              \
            "limits.max_body_bytes + limits.max_output_bytes, which is "

/* Goal: a client's share holds the largest request, or the configuration is refused. */
static void test_share_per_client(void **state)
{
    (void)state;
    expect(&gateway_options, "{\"limits\": {\"max_inflight_bytes\": 402653184}}", "");
    expect(&gateway_options, "{\"limits\": {\"max_inflight_bytes\": 402653180}}",
           SHARE "100663296, got 100663295\n");
    expect(&gateway_options,
           "{\"limits\": {\"max_inflight_bytes\": 100663296, \"share_per_client\": 1}}", "");
    expect(&gateway_options, /* 0.29 x 100000000 is less, in binary */
           "{\"limits\": {\"max_inflight_bytes\": 100000000, \"share_per_client\": 0.29, "
           "\"max_body_bytes\": 9000000, \"max_output_bytes\": 20000000}}",
           "");
    expect(&gateway_options, "{\"limits\": {\"share_per_client\": 0.1}}",
           SHARE "100663296, got 53687091\n");
    expect(&gateway_options, "{\"limits\": {\"max_body_bytes\": 134217728}}",
           SHARE "201326592, got 134217728\n");
    expect(&gateway_options, "{\"limits\": {\"share_per_client\": 0}}",
           GATEWAY "limits.share_per_client: expected a number from 0.01 to 1, got 0\n");
}

static void test_networks(void **state)
{
    static const char *const right[] = {"1.2.3.4",       "1.2.3.4/0", "10.1.2.3/8",
                                        "1.2.3.4/32",    "::",        "::/0",
                                        "2001:db8::/32", "::1/128",   "::ffff:1.2.3.4/120"};
    static const char *const wrong[] = {"",
                                        "/",
                                        "1.2.3.4/",
                                        "1.2.3.4/33",
                                        "1.2.3.4/-1",
                                        "1.2.3.4/ 8",
                                        "1.2.3.4/8/8",
                                        "::/129",
                                        "::1/x",
                                        "1.2.3",
                                        "localhost",
                                        "[::1]",
                                        "::1%lo",
                                        " ::1",
                                        "::1 ",
                                        "::1/+1",
                                        "1.2.3.4/1e1",
                                        "1.2.3.4/0x8",
                                        "1.2.3.4:80",
                                        "2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_true(check_is_network(right[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(check_is_network(wrong[i]));
}

static void test_origins(void **state)
{
    static const char *const right[] = {
        "http://a",     "http://a:1",    "http://a-b.example:65535", "http://127.0.0.1:8000",
        "http://[::1]", "http://[::1]:1"};
    static const char *const wrong[] = {"",
                                        "a",
                                        "http://",
                                        "http:///",
                                        "http://a/",
                                        "http://a/b",
                                        "http://a?b",
                                        "http://a#b",
                                        "http://u@a",
                                        "http://u:p@a",
                                        "http://a:",
                                        "http://a:0",
                                        "http://a:65536",
                                        "http://a:-1",
                                        "http://a: 1",
                                        "http://[::1",
                                        "http://[a]",
                                        "http://[]",
                                        "http://::1",
                                        "https://a",
                                        "HTTP://a",
                                        " http://a",
                                        "http://a ",
                                        "http://a:1/",
                                        "http://[127.0.0.1]",
                                        "http://.a",
                                        "http://-a",
                                        "http://a\nb",
                                        "http://[::1]x",
                                        "http://[::1%lo]"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_true(check_is_origin(right[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(check_is_origin(wrong[i]));
}

static void test_addresses(void **state)
{
    static const char *const right[] = {"::", "0.0.0.0", "127.0.0.1", "::1", "::ffff:1.2.3.4"};
    static const char *const wrong[] = {"",           "localhost", "1.2.3", "[::1]", "::1%lo",
                                        "1.2.3.4:80", "1.2.3.256", " ::",   "0x7f.1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_true(check_is_address(right[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(check_is_address(wrong[i]));
}

static void test_user_checks(void **state)
{
    static const struct {
        const char *text;
        uint32_t first, count;
    } right[] = {
        {"65534", 65534, 1},
        {"1-1", 1, 1},
        {"60706-60944", 60706, 239},
        {"1-4294967294", 1, 4294967294},
    };
    static const char *const wrong[] = {
        "",           "-",    "0",    "0-5",   "5-",    "-5",  "5-4",    "1-4294967295",
        "4294967295", "-1",   "1--2", "1-2-3", "1 - 2", "1,2", "nobody", "1-18446744073709551617",
        "1.5",        "0x10", " 1",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++) {
        uint32_t first = 0, count = 0;

        assert_true(check_is_users(right[i].text));
        assert_true(check_parse_users(right[i].text, &first, &count));
        assert_int_equal(first, right[i].first);
        assert_int_equal(count, right[i].count);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(check_is_users(wrong[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_files),
        cmocka_unit_test(test_values_arrive),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_keys_of_others),
        cmocka_unit_test(test_broken_json),
        cmocka_unit_test(test_nul_byte),
        cmocka_unit_test(test_no_object),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_all_errors),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_values_against_each_other),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_share_per_client),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_user_checks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
