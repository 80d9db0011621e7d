/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/chroma.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of a square of samples: bytes of no order, with black and white among them. */
static void fill(const struct plane *plane)
{
    unsigned state = 1;

    for (uint32_t y = 0; y < plane->height; y++)
        for (uint32_t x = 0; x < plane->width; x++) {
            state = state * 1103515245 + 12345;
            plane->data[y * plane->pitch + x] = state >> 30 == 0   ? 0
                                                : state >> 30 == 1 ? 255
                                                                   : (uint8_t)(state >> 16);
        }
}

static uint8_t at(const struct plane *plane, int64_t x, int64_t y)
{
    x = x < 0 ? 0 : x >= plane->width ? plane->width - 1 : x;
    y = y < 0 ? 0 : y >= plane->height ? plane->height - 1 : y;
    return plane->data[(size_t)y * plane->pitch + (size_t)x];
}

/* Into a plane of its own, sample by sample. */
static void emphasize_plainly(const struct plane *from, struct plane *to, double emphasis,
                              int horizontal)
{
    for (int64_t y = 0; y < from->height; y++)
        for (int64_t x = 0; x < from->width; x++) {
            double before = horizontal ? at(from, x - 1, y) : at(from, x, y - 1);
            double behind = horizontal ? at(from, x + 1, y) : at(from, x, y + 1);
            double sum = (1 + 2 * emphasis) * at(from, x, y) - emphasis * (before + behind);

            to->data[(size_t)y * to->pitch + (size_t)x] =
                (uint8_t)floor(fmin(fmax(sum, 0), 255) + 0.5);
        }
}

static void require_same(const struct plane *a, const struct plane *b)
{
    for (uint32_t y = 0; y < a->height; y++)
        assert_memory_equal(a->data + y * a->pitch, b->data + y * b->pitch, a->width);
}

static void make(struct plane *plane, uint32_t width, uint32_t height)
{
    uint8_t *memory = malloc(plane_bytes(width, height));

    assert_non_null(memory);
    plane_place(plane, memory, width, height);
}

static void check(uint32_t width, uint32_t height, unsigned emphasis, bool horizontal,
                  bool vertical)
{
    uint8_t *memory = malloc(chroma_bytes(width)); /* of just its size: a sanitizer guards it */
    struct plane plane, first, second;

    assert_non_null(memory);
    make(&plane, width, height);
    make(&first, width, height);
    make(&second, width, height);
    fill(&plane);
    emphasize_plainly(&plane, &first, vertical ? emphasis / 64.0 : 0, 0);
    emphasize_plainly(&first, &second, horizontal ? emphasis / 64.0 : 0, 1);
    chroma_emphasize(&plane, emphasis, horizontal, vertical, memory);
    require_same(&plane, &second);
    free(plane.data);
    free(first.data);
    free(second.data);
    free(memory);
}

static void test_each_direction_and_both(void **state)
{
    static const uint32_t lengths[] = {1, 2, 3, 15, 16, 17, 31, 32, 33, 100};

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            check(lengths[i], lengths[j], 9, true, false);
            check(lengths[i], lengths[j], 6, false, true);
            check(lengths[i], lengths[j], 16, true, true);
        }
}

/* 3/32 of what lies between the factor and 1, in 64ths; and the mean of eight samples. */
static void test_how_much(void **state)
{
    (void)state;
    assert_int_equal(chroma_emphasis(1, 8, true), 0);
    assert_int_equal(chroma_emphasis(0.5, 4, true), 5);
    assert_int_equal(chroma_emphasis(0.25, 2, true), 6);
    assert_int_equal(chroma_emphasis(0.125, 1, true), 9);
    assert_int_equal(chroma_emphasis(0.0001, 1, true), 6);
    assert_int_equal(chroma_emphasis(0.5, 4, false), 6);
    assert_int_equal(chroma_emphasis(0.125, 1, false), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_direction_and_both),
        cmocka_unit_test(test_how_much),
    };

    return cmocka_run_group_tests_name("chroma", tests, NULL, NULL);
}
