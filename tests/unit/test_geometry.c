/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Sizes, boxes and turns of a plan, against what follows from their definitions. */
#include "base/cleanup.h"
#include "base/parse.h"
#include "image/plan/geometry.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct decimal decimal(const char *text)
{
    struct decimal value;

    assert_int_equal(parse_exact_decimal(text, strlen(text), &value), 0);
    return value;
}

/* What is kept of a narrowed source lies where it lay, and its filters see what they saw. */
static void test_narrow(void **state)
{
    static const struct {
        struct image_size source, resized;
        struct image_box cut;
    } cases[] = {
        {{10000, 10}, {1000000, 1000}, {499500, 0, 1000, 1000}},
        {{10, 10000}, {1000, 1000000}, {0, 0, 1000, 1000}},
        {{10007, 13}, {769769, 1000}, {769769 - 900, 0, 900, 1000}},
        {{9973, 4001}, {12464, 5000}, {1000, 0, 3000, 5000}},
        {{1, 10}, {1, 100000}, {0, 7, 1, 9}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct image_size source = cases[i].source, whole = cases[i].resized;
        const struct image_box before = cases[i].cut;
        struct image_size resized = whole;
        struct image_box cut = before, part;
        double factor = (double)whole.width / source.width, left, right;

        geometry_narrow(source, &resized, &cut, &part);
        left = part.left * factor;
        right = (part.left + part.width) * factor;
        assert_true(part.left + part.width <= source.width && part.width > 0);
        assert_int_equal(cut.width, before.width);
        assert_int_equal(cut.height, before.height);
        assert_true(cut.left + cut.width <= resized.width);
        assert_true(cut.top + cut.height <= resized.height);
        assert_true(fabs(left + cut.left - before.left) <= 0.5);
        assert_true(fabs(right - left - resized.width) <= 1);
        assert_true(part.left == 0 || cut.left >= 3 * factor);
        assert_true(part.left + part.width == source.width ||
                    resized.width - cut.left - cut.width >= 3 * factor);
    }
}

static void test_fits(void **state)
{
    static const struct {
        struct image_size source, box;
        enum image_fit fit;
        bool enlarge;
        struct image_size resized, result;
    } cases[] = {
        {{400, 300}, {100, 0}, IMAGE_FIT_INSIDE, false, {100, 75}, {100, 75}},
        {{400, 300}, {0, 100}, IMAGE_FIT_COVER, false, {133, 100}, {133, 100}},
        {{400, 300}, {800, 0}, IMAGE_FIT_INSIDE, false, {400, 300}, {400, 300}},
        {{400, 300}, {800, 0}, IMAGE_FIT_INSIDE, true, {800, 600}, {800, 600}},
        {{400, 300}, {100, 100}, IMAGE_FIT_INSIDE, false, {100, 75}, {100, 75}},
        {{300, 400}, {100, 100}, IMAGE_FIT_INSIDE, false, {75, 100}, {75, 100}},
        {{1000, 1}, {100, 100}, IMAGE_FIT_INSIDE, false, {100, 1}, {100, 1}},
        {{400, 300}, {100, 100}, IMAGE_FIT_OUTSIDE, false, {133, 100}, {133, 100}},
        {{400, 300}, {500, 100}, IMAGE_FIT_OUTSIDE, false, {400, 300}, {400, 300}},
        {{400, 300}, {100, 100}, IMAGE_FIT_COVER, false, {133, 100}, {100, 100}},
        {{400, 300}, {800, 800}, IMAGE_FIT_COVER, false, {400, 300}, {300, 300}},
        {{400, 300}, {800, 400}, IMAGE_FIT_COVER, false, {400, 300}, {400, 200}},
        {{400, 300}, {800, 800}, IMAGE_FIT_COVER, true, {1067, 800}, {800, 800}},
        {{400, 300}, {100, 600}, IMAGE_FIT_FILL, false, {100, 300}, {100, 300}},
        {{400, 300}, {100, 600}, IMAGE_FIT_FILL, true, {100, 600}, {100, 600}},
        {{400, 300}, {100, 100}, IMAGE_FIT_PAD, false, {100, 75}, {100, 100}},
        {{40, 30}, {100, 100}, IMAGE_FIT_PAD, false, {40, 30}, {100, 100}},
        {{40, 30}, {100, 100}, IMAGE_FIT_PAD, true, {100, 75}, {100, 100}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct image_size resized, result;

        geometry_fit(cases[i].source, cases[i].box, cases[i].fit, cases[i].enlarge, &resized,
                     &result);
        if (memcmp(&resized, &cases[i].resized, sizeof(resized)) != 0 ||
            memcmp(&result, &cases[i].result, sizeof(result)) != 0)
            fail_msg("case %zu: %u x %u, %u x %u", i, resized.width, resized.height, result.width,
                     result.height);
    }
}

/* Whatever the sizes: what covers leaves no gap, what is inside does not stick out, and nothing is
 * 0. */
static void test_every_fit_keeps_its_word(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        const uint32_t noise = i * 2654435761U;
        const struct image_size source = {1 + noise % 97, 1 + noise / 97 % 89};
        const struct image_size box = {1 + noise / 8633 % 71, 1 + noise / 612943 % 61};
        struct image_size resized, result;

        for (unsigned fit = 0; fit < IMAGE_FIT_COUNT; fit++) {
            geometry_fit(source, box, fit, i % 2, &resized, &result);
            assert_true(resized.width > 0 && resized.height > 0);
            assert_true(result.width > 0 && result.height > 0);
            if (fit == IMAGE_FIT_COVER)
                assert_true(resized.width >= result.width && resized.height >= result.height);
            if (fit == IMAGE_FIT_INSIDE || fit == IMAGE_FIT_PAD)
                assert_true(resized.width <= box.width && resized.height <= box.height);
            if (fit == IMAGE_FIT_OUTSIDE && i % 2)
                assert_true(resized.width >= box.width && resized.height >= box.height);
            if (fit != IMAGE_FIT_PAD && i % 2 == 0)
                assert_true(result.width <= source.width && result.height <= source.height);
        }
    }
}

static void test_gravity(void **state)
{
    const struct image_gravity center = {decimal("0.5"), decimal("0.5")};
    const struct image_gravity point = {decimal("0.29"), decimal("1")};
    struct image_box box = geometry_square((struct image_size){101, 50}, &center);

    (void)state;
    assert_int_equal(box.left, 25);
    assert_int_equal(box.top, 0);
    box = geometry_place((struct image_size){10, 20}, (struct image_size){110, 25}, &point);
    assert_int_equal(box.left, 29);
    assert_int_equal(box.top, 5);
    assert_int_equal(geometry_offset(UINT32_MAX, decimal("1")), UINT32_MAX);
    assert_int_equal(geometry_offset(1000, decimal("1e-300")), 0);
}

static void test_crops(void **state)
{
    const struct image_size size = {50, 40};
    struct image_box box = {40, 30, 100, 5};
    const struct decimal percent[4] = {decimal("29"), decimal("0"), decimal("42"),
                                       decimal("0.001")};

    (void)state;
    assert_true(geometry_clip(&box, size));
    assert_int_equal(box.width, 10);
    assert_int_equal(box.height, 5);
    box = (struct image_box){50, 0, 1, 1};
    assert_false(geometry_clip(&box, size));
    box = geometry_percentages(percent, size);
    assert_int_equal(box.left, 15);  /* 14.5 */
    assert_int_equal(box.width, 21); /* to 35.5 */
    assert_int_equal(box.top, 0);
    assert_int_equal(box.height, 1);
}

enum { WIDTH = 3, HEIGHT = 2 };

/* The image of orientation 1 whose pixels are their own numbers, stored so that `turn` makes it
 * upright, and turned: EXIF's own words, row 0 and column 0. */
static void turn_pixels(const int *from, struct image_size size, unsigned turn, int *to)
{
    const struct image_size after = geometry_turn_size(size, turn);

    for (uint32_t y = 0; y < after.height; y++) {
        for (uint32_t x = 0; x < after.width; x++) {
            uint32_t row = geometry_swaps(turn) ? x : y, column = geometry_swaps(turn) ? y : x;

            if (turn == 2 || turn == 3 || turn == 7 || turn == 8)
                column = size.width - 1 - column;
            if (turn == 3 || turn == 4 || turn == 6 || turn == 7)
                row = size.height - 1 - row;
            to[y * after.width + x] = from[row * size.width + column];
        }
    }
}

static void test_turns(void **state)
{
    const int image[WIDTH * HEIGHT] = {0, 1, 2, 3, 4, 5};
    const struct image_size size = {WIDTH, HEIGHT};
    const int clockwise[WIDTH * HEIGHT] = {3, 0, 4, 1, 5, 2};
    int turned[WIDTH * HEIGHT];

    (void)state;
    turn_pixels(image, size, 6, turned); /* "row 0 is the right side": to be turned clockwise */
    assert_memory_equal(turned, clockwise, sizeof(turned));
    for (unsigned first = 1; first <= 8; first++) {
        for (unsigned second = 1; second <= 8; second++) {
            int once[WIDTH * HEIGHT], twice[WIDTH * HEIGHT];

            turn_pixels(image, size, first, once);
            turn_pixels(once, geometry_turn_size(size, first), second, twice);
            turn_pixels(image, size, geometry_combine(first, second), once);
            assert_memory_equal(once, twice, sizeof(once));
        }
        assert_int_equal(geometry_combine(first, geometry_inverse(first)), 1);
    }
}

/* A pixel's box goes where the pixel goes. */
static void test_boxes_turn_with_their_pixels(void **state)
{
    const int image[WIDTH * HEIGHT] = {0, 1, 2, 3, 4, 5};
    const struct image_size size = {WIDTH, HEIGHT};

    (void)state;
    for (unsigned turn = 1; turn <= 8; turn++) {
        const uint32_t width = geometry_turn_size(size, turn).width;
        int turned[WIDTH * HEIGHT];

        turn_pixels(image, size, turn, turned);
        for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
            struct image_box box =
                geometry_turn_box((struct image_box){i % WIDTH, i / WIDTH, 1, 1}, size, turn);

            assert_int_equal(turned[box.top * width + box.left], image[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_every_fit_keeps_its_word),
        cmocka_unit_test(test_gravity),
        cmocka_unit_test(test_crops),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_boxes_turn_with_their_pixels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
