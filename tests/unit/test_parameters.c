/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/parameters.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "http/problem.h"
#include "document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The table of what clients may ask of an image. */

static struct http_parameter_values values;
static char detail[HTTP_DETAIL_BYTES];

static int parse(const struct http_parameter_table *table, const char *query)
{
    values = (struct http_parameter_values){0};
    return http_query_parse(query, strlen(query), table, &values, detail);
}

/* Goal: every row fits into the values, has its own members and a help text. */
static void test_rows(void **state)
{
    (void)state;
    assert_true(http_parameters_fit(&image_parameters));
    for (size_t i = 0; i < image_parameters.count; i++) {
        const struct http_parameter *row = &image_parameters.rows[i];

        assert_true(row->offset + row->type->size <= sizeof(struct image_variant));
        assert_true(strlen(row->help) > 0 && row->type->json != NULL);
        for (size_t j = 0; j < i; j++) {
            const struct http_parameter *other = &image_parameters.rows[j];

            assert_string_not_equal(row->name, other->name);
            assert_true(row->offset >= other->offset + other->type->size ||
                        other->offset >= row->offset + row->type->size);
        }
    }
}

static bool takes_value(const struct http_parameter *row, const char *value)
{
    uint8_t member[HTTP_MEMBERS_BYTES];

    return row->type->read(row, value, member) == 0;
}

/* Goal: what a row says of its default and its examples, its own reader takes. */
static void test_described_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < image_parameters.count; i++) {
        const struct http_parameter *row = &image_parameters.rows[i];

        assert_true(row->initial == NULL || takes_value(row, row->initial));
        assert_true(row->type->examples != NULL || row->choices != NULL || row->largest.digits > 0);
        for (size_t j = 0; row->type->examples != NULL && row->type->examples[j] != NULL; j++)
            assert_true(takes_value(row, row->type->examples[j]));
    }
}

static struct image_variant ask(const char *query, enum image_gray preset)
{
    struct image_variant variant;

    assert_int_equal(parse(&image_parameters, query), 0);
    assert_int_equal(parameters_variant(&values, preset, &variant, detail), 0);
    return variant;
}

/* Goal: what was asked for stands in the members of its rows, and what was not is 0. */
static void test_variant(void **state)
{
    struct image_variant variant = ask("quality=80&scale=0.29", IMAGE_GRAY_NONE);

    (void)state;
    assert_int_equal(variant.encoding.quality, 80);
    assert_int_equal(variant.stage.scale.digits, 29);
    assert_int_equal(variant.stage.scale.places, 2);
    assert_int_equal(variant.stage.gray, IMAGE_GRAY_NONE);
    variant = ask("", IMAGE_GRAY_NONE);
    assert_int_equal(variant.encoding.quality, 0);
    assert_int_equal(variant.stage.scale.digits, 0);
    assert_int_equal(variant.stage.gray, IMAGE_GRAY_NONE);
}

/* Goal: a path's preset holds unless the query says otherwise, which may be "none". */
static void test_preset_of_gray(void **state)
{
    (void)state;
    assert_int_equal(ask("", IMAGE_GRAY_LUMA).stage.gray, IMAGE_GRAY_LUMA);
    assert_int_equal(ask("gray=none", IMAGE_GRAY_LUMA).stage.gray, IMAGE_GRAY_NONE);
    assert_int_equal(ask("gray=luma", IMAGE_GRAY_NONE).stage.gray, IMAGE_GRAY_LUMA);
    assert_int_equal(parse(&image_parameters, "gray=yes"), STATUS_BAD_PARAMETER);
    assert_string_equal(detail, "parameter 'gray' must be one of none, luma, luminance");
}

/* Goal: the largest factor is the configured one, exactly: 0.3 has no double. */
static void test_largest_factor(void **state)
{
    static const struct settings settings = {.scale.max = 0.3};
    struct http_parameter rows[PARAMETERS];
    const struct http_parameter_table limited = {.rows = rows, .count = PARAMETERS};

    (void)state;
    parameters_limit(&settings, rows);
    assert_int_equal(parse(&limited, "scale=0.3"), 0);
    assert_int_equal(parse(&limited, "scale=0.300000000000000001"), STATUS_BAD_PARAMETER);
    assert_string_equal(detail, "parameter 'scale' must be a decimal number such as 0.5, greater "
                                "than 0 and at most 0.3");
}

/* Goal: docs/http.md holds the tables as they are; `ninja -C build update-docs` writes them there.
 */
static void test_document(void **state)
{
    (void)state;
    assert_documented("docs/http.md", parameters_document);
    assert_documented("docs/http.md", http_problem_document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_variant),
        cmocka_unit_test(test_preset_of_gray),
        cmocka_unit_test(test_largest_factor),
        cmocka_unit_test(test_described_values),
        cmocka_unit_test(test_document),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
