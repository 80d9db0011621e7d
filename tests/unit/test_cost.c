/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Estimates: what they grow with, where they end, and that the defaults' limits agree with them.
 * Held against the real costs by tests/image/test_cost.py. */
#include "base/cleanup.h"
#include "image/plan/cost.h"
#include "image/plan/detail.h"
#include "tests/support/requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The defaults: limits.deadline_ms, gray.max_memory_bytes. */
#define DEADLINE_US  (10000 * 1000LL)
#define MEMORY_BYTES 2147483648ULL

static struct image_header make_header(enum image_format format, uint32_t width, uint32_t height)
{
    return (struct image_header){
        .format = format, .width = width, .height = height, .frames = 1, .samples = 3, .bits = 8};
}

static struct image_cost cost_of(struct image_request request, struct image_header header,
                                 size_t size)
{
    struct image_plan plan;
    struct image_cost cost;
    char detail[IMAGE_DETAIL_BYTES];

    if (image_plan(&plan, &request, &header, detail) != 0)
        return (struct image_cost){INT64_MAX, INT64_MAX,
                                   UINT64_MAX}; /* refused before it is estimated */
    image_estimate(&plan, size, &cost);
    return cost;
}

static void test_more_costs_more(void **state)
{
    (void)state;
    for (unsigned format = IMAGE_JPEG; format < IMAGE_FORMAT_COUNT; format++) {
        const struct image_request requests[] = {gray_request(), scale_request(0.1),
                                                 scale_request(0.5), scale_request(1)};

        for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
            struct image_header header = make_header((enum image_format)format, 1000, 1000);
            struct image_cost one = cost_of(requests[i], header, 100000);
            struct image_cost longer = cost_of(requests[i], header, 1000000), larger;

            header.width = 2000;
            larger = cost_of(requests[i], header, 100000);
            assert_true(one.time_us > 0);
            assert_true(longer.time_us > one.time_us);
            assert_true(longer.memory_bytes > one.memory_bytes);
            assert_true(larger.time_us > one.time_us);
            assert_true(larger.memory_bytes > one.memory_bytes);
        }
    }
}

static void test_kinds_of_a_format_differ(void **state)
{
    struct image_header jpeg = make_header(IMAGE_JPEG, 4000, 3000),
                        png = make_header(IMAGE_PNG, 4000, 3000);
    struct image_request asked = gray_request();
    int64_t copied = cost_of(gray_request(), jpeg, 2000000).time_us, plain;

    (void)state;
    asked.outputs[0].encoding.quality = 80;
    assert_true(cost_of(asked, jpeg, 2000000).time_us > copied);
    plain = cost_of(scale_request(0.5), jpeg, 2000000).time_us;
    jpeg.progressive = true;
    assert_true(cost_of(scale_request(0.5), jpeg, 2000000).time_us > plain);
    jpeg.samples = 4;
    assert_true(cost_of(gray_request(), jpeg, 2000000).time_us > 2 * copied);
    plain = cost_of(gray_request(), png, 0).time_us;
    png.bits = 16;
    assert_true(cost_of(gray_request(), png, 0).time_us > 3 * plain / 2);
}

static void test_no_header_overflows(void **state)
{
    (void)state;
    for (unsigned format = IMAGE_NONE; format < IMAGE_FORMAT_COUNT; format++) {
        struct image_header header = make_header((enum image_format)format, 60000, INT32_MAX);
        struct image_request request = scale_request(1);
        struct image_cost cost;

        header.frames = 100000;
        header.bits = UINT16_MAX;
        request.max_pixels = UINT64_MAX;
        cost = cost_of(request, header, SIZE_MAX);
        assert_true(cost.time_us > 1000 * DEADLINE_US);
        assert_true(cost.memory_bytes > 1000 * MEMORY_BYTES);
    }
}

/* Every telephone's HEIC has a profile. */
static void test_a_kept_profile_costs_nothing(void **state)
{
    struct image_header plain = make_header(IMAGE_HEIC, 4000, 3000), profiled = plain;

    (void)state;
    profiled.has_profile = true;
    assert_int_equal(cost_of(scale_request(1), profiled, 2000000).time_us,
                     cost_of(scale_request(1), plain, 2000000).time_us);
    assert_true(cost_of(gray_request(), profiled, 2000000).time_us >
                cost_of(gray_request(), plain, 2000000).time_us);
}

/* By the defaults, what a camera makes is within every limit, of all formats and to any size. */
static void test_the_defaults_admit_photographs(void **state)
{
    static const struct {
        enum image_format format;
        uint32_t width, height;
        size_t size;
        bool lossless;
    } photographs[] = {
        {IMAGE_JPEG, 8000, 6000, 30 << 20, false}, {IMAGE_PNG, 4000, 3000, 30 << 20, false},
        {IMAGE_WEBP, 4000, 3000, 4 << 20, false},  {IMAGE_WEBP, 3000, 2000, 12 << 20, true},
        {IMAGE_GIF, 1000, 1000, 1 << 20, false},   {IMAGE_TIFF, 4000, 3000, 32 << 20, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(photographs); i++) {
        const struct image_request requests[] = {gray_request(), scale_request(0.5),
                                                 scale_request(1)};
        struct image_header header =
            make_header(photographs[i].format, photographs[i].width, photographs[i].height);

        header.lossless = photographs[i].lossless;
        for (size_t j = 0; j < ARRAY_LENGTH(requests); j++) {
            struct image_cost cost = cost_of(requests[j], header, photographs[i].size);

            assert_true(cost.time_us < DEADLINE_US);
            assert_true(cost.memory_bytes < MEMORY_BYTES);
        }
    }
}

/* WebPs of few bytes and 99 megapixels: what was measured to fit is not refused, and what needs
 * more than there is (an encoder's 40 bytes for each pixel of a frame) is. */
static void test_the_largest_flat_webps(void **state)
{
    static const struct {
        uint32_t width, height, frames;
        bool lossless;
        double factor; /* 0: gray */
        bool fits;
    } cases[] = {
        {16000, 6200, 1, true, 0, true},   {16000, 6200, 1, true, 0.5, true},
        {16000, 6200, 1, true, 1, false},  {16000, 6200, 1, false, 0, true},
        {16000, 6200, 1, false, 1, true},  {1000, 1000, 99, true, 0, true},
        {1000, 1000, 99, true, 0.5, true}, {1000, 1000, 99, true, 1, true},
        {8000, 6200, 2, true, 0, false},   {1000, 1000, 99, false, 1, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct image_request request =
            cases[i].factor > 0 ? scale_request(cases[i].factor) : gray_request();
        struct image_header header = make_header(IMAGE_WEBP, cases[i].width, cases[i].height);
        struct image_cost cost;

        header.frames = cases[i].frames;
        header.lossless = cases[i].lossless;
        cost = cost_of(request, header, 30000);
        assert_int_equal(cost.time_us < DEADLINE_US && cost.memory_bytes < MEMORY_BYTES,
                         cases[i].fits);
    }
}

/* Resizing 16-bit samples takes nearly four times as long as 8-bit ones; all else less than twice.
 */
static void test_the_largest_deep_pngs(void **state)
{
    static const struct {
        unsigned samples;
        double factor; /* 0: gray */
        bool fits;
    } cases[] = {
        {1, 0.95, true}, {3, 0, true},   {3, 0.5, true}, {3, 0.95, false},
        {4, 0, true},    {4, 0.5, true}, {4, 1, true},   {4, 0.95, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct image_request request =
            cases[i].factor > 0 ? scale_request(cases[i].factor) : gray_request();
        struct image_header header = make_header(IMAGE_PNG, 10000, 10000);
        struct image_cost cost;

        header.bits = 16;
        header.samples = cases[i].samples;
        cost = cost_of(request, header, 800000);
        assert_int_equal(cost.time_us < DEADLINE_US && cost.memory_bytes < MEMORY_BYTES,
                         cases[i].fits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_costs_more),
        cmocka_unit_test(test_kinds_of_a_format_differ),
        cmocka_unit_test(test_no_header_overflows),
        cmocka_unit_test(test_a_kept_profile_costs_nothing),
        cmocka_unit_test(test_the_defaults_admit_photographs),
        cmocka_unit_test(test_the_largest_flat_webps),
        cmocka_unit_test(test_the_largest_deep_pngs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
