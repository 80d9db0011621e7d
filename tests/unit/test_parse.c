/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/parse.h"

#include "base/cleanup.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Numbers from untrusted clients: the whole text is the number, or it is refused. */

static void test_integers(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"7", 7},
        {"-7", -7},
        {"0080", 80},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"00000000000000000000000000000000000001", 1},
    };
    int64_t value;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        value = 12345;
        assert_int_equal(parse_int64(cases[i].text, strlen(cases[i].text), &value), 0);
        assert_int_equal(value, cases[i].value);
    }
}

static void test_no_integers(void **state)
{
    static const char *const cases[] = {"",    "-",    "+1",  "--1", " 1", "1 ",      "1.0",
                                        "1e3", "0x10", "1_0", "a",   "1a", "\xd9\xa1"};
    int64_t value = 12345;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(parse_int64(cases[i], strlen(cases[i]), &value), -EINVAL);
    assert_int_equal(parse_int64("1\0", 2, &value), -EINVAL);
    assert_int_equal(value, 12345);
}

static void test_integers_too_large(void **state)
{
    static const char *const cases[] = {"9223372036854775808", "-9223372036854775809",
                                        "99999999999999999999999999"};
    int64_t value = 12345;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(parse_int64(cases[i], strlen(cases[i]), &value), -ERANGE);
    assert_int_equal(value, 12345);
}

/* Only `length` bytes are the text; the bytes behind it do not matter. */
static void test_length_ends_the_text(void **state)
{
    int64_t integer;
    double number;

    (void)state;
    assert_int_equal(parse_int64("123", 2, &integer), 0);
    assert_int_equal(integer, 12);
    assert_int_equal(parse_decimal("0.5e9", 3, &number), 0);
    assert_true(number == 0.5);
}

static void check_decimals(void)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},
        {"0.5", 0.5},
        {".5", 0.5},
        {"5.", 5},
        {"+.5", 0.5},
        {"-1.25", -1.25},
        {"5e-1", 0.5},
        {"5E-1", 0.5},
        {"5e+1", 50},
        {"00.50", 0.5},
        {"0e999", 0},
        {"0.1", 0.1},
        {"1.7976931348623157e308", DBL_MAX},
        {"4.9406564584124654e-324", 4.9406564584124654e-324},
        {"0.333333333333333333333333333333333333333333333333333333333333", 1.0 / 3},
    };
    double value;

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        value = 12345;
        assert_int_equal(parse_decimal(cases[i].text, strlen(cases[i].text), &value), 0);
        assert_true(value == cases[i].value);
    }
}

static void test_decimals(void **state)
{
    (void)state;
    check_decimals();
}

static void test_no_decimals(void **state)
{
    static const char *const cases[] = {
        "",    ".",      "+",   "-.",  "e5",  "1e",    "1e+",      "1.e",  ".e1", "0,5",
        "0x1", "0x1p-1", "nan", "NaN", "inf", "-inf",  "1e5.",     "1..2", " 1",  "1 ",
        "1\t", "1f",     "1-2", "++1", "\n1", "1.2.3", "infinity", "1e 5"};
    double value = 12345;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(parse_decimal(cases[i], strlen(cases[i]), &value), -EINVAL);
    assert_int_equal(parse_decimal("0.5\0", 4, &value), -EINVAL);
    assert_true(value == 12345);
}

static void test_decimals_out_of_range(void **state)
{
    static const char *const cases[] = {"1e309", "-1e309", "1e999999999999999999999", "1e-400",
                                        "-0.001e-9999"};
    double value = 12345;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(parse_decimal(cases[i], strlen(cases[i]), &value), -ERANGE);
    assert_true(value == 12345);
}

/* 1,024 characters are accepted, 1,025 and 4,096 are not. */
static void test_decimals_too_long(void **state)
{
    char text[4097];
    double value;

    (void)state;
    memset(text, '0', sizeof(text));
    text[1] = '.';
    text[1023] = text[1024] = text[4095] = '1';
    text[2] = '5';
    assert_int_equal(parse_decimal(text, 1024, &value), 0);
    assert_true(value == 0.5);
    assert_int_equal(parse_decimal(text, 1025, &value), -EINVAL);
    assert_int_equal(parse_decimal(text, 4096, &value), -EINVAL);
}

/* The point is a point in a locale with a decimal comma, too. */
static void test_decimals_in_a_comma_locale(void **state)
{
    double value;

    (void)state;
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        print_message("no de_DE.UTF-8 on this machine\n");
        skip();
    }
    assert_string_equal(localeconv()->decimal_point, ",");
    check_decimals();
    assert_int_equal(parse_decimal("0,5", 3, &value), -EINVAL);
    setlocale(LC_ALL, "C");
}

static void test_exact_decimals(void **state)
{
    static const struct {
        const char *text;
        uint64_t digits;
        uint32_t places;
    } cases[] = {
        {"0.29", 29, 2},
        {"+.5", 5, 1},
        {"5e-1", 5, 1},
        {"0.05e1", 5, 1},
        {"1E0", 1, 0},
        {"100", 100, 0},
        {"1e17", 100000000000000000, 0},
        {"0e99999", 0, 0},
        {"0.000", 0, 0},
        {"100000000000000000000e-20", 100000000000000000, 17},
        {"0.3333333333333333333333", 333333333333333333, 18},
        {"1e-300", 1, 300},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct decimal value = {.digits = 7};

        assert_int_equal(parse_exact_decimal(cases[i].text, strlen(cases[i].text), &value), 0);
        assert_int_equal(value.digits, cases[i].digits);
        assert_int_equal(value.places, cases[i].places);
        assert_int_equal(value.reserved, 0);
    }
}

static void test_no_exact_decimals(void **state)
{
    struct decimal value;

    (void)state;
    assert_int_equal(parse_exact_decimal("", 0, &value), -EINVAL);
    assert_int_equal(parse_exact_decimal("e5", 2, &value), -EINVAL);
    assert_int_equal(parse_exact_decimal("-0.5", 4, &value), -ERANGE);
    assert_int_equal(parse_exact_decimal("1e18", 4, &value), -ERANGE);
    assert_int_equal(parse_exact_decimal("1e999", 5, &value), -ERANGE);
}

/* Half of 29 is 15 however it is written, and so is 0.29 of 50, which a double gets wrong. */
static void test_scaling(void **state)
{
    (void)state;
    assert_int_equal(decimal_scale(50, (struct decimal){29, 2, 0}), 15);
    assert_int_equal(decimal_scale(29, (struct decimal){5, 1, 0}), 15);
    assert_int_equal(decimal_scale(1, (struct decimal){1, 300, 0}), 1);
    assert_int_equal(decimal_scale(4294967295, (struct decimal){1, 0, 0}), 4294967295);
    assert_int_equal(decimal_scale(4294967295, (struct decimal){999999999999999999, 18, 0}),
                     4294967295);
    assert_int_equal(decimal_scale(4294967295, (struct decimal){999999999999999999, 37, 0}), 1);
    assert_int_equal(decimal_scale(50, decimal_from_fraction(0.29)), 15);
    assert_int_equal(decimal_scale(4294967295, decimal_from_fraction(1e-300)), 1);
    assert_true(decimal_from_fraction(1e-300).digits > 0);
    assert_true(decimal_value((struct decimal){29, 2, 0}) == 0.29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_no_integers),
        cmocka_unit_test(test_integers_too_large),
        cmocka_unit_test(test_length_ends_the_text),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_no_decimals),
        cmocka_unit_test(test_exact_decimals),
        cmocka_unit_test(test_no_exact_decimals),
        cmocka_unit_test(test_scaling),
        cmocka_unit_test(test_decimals_out_of_range),
        cmocka_unit_test(test_decimals_too_long),
        cmocka_unit_test(test_decimals_in_a_comma_locale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
