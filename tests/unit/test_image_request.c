/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Which bytes, carried unread by lib/ipc, an image worker accepts as a request, and a server as a
 * result. */
#include "service/image_request.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { OUTPUT_BYTES = 1000 };

static struct image_request valid_request(void)
{
    return (struct image_request){
        .max_pixels = 1ULL << 40,
        .max_scans = 100,
        .default_quality = 80,
        .default_avif_quality = 60,
        .count = 2,
        .outputs = {{.stages = 1, .encoding.quality = 70}, {.first_stage = 1, .stages = 1}},
        .stages = {{.scale = {.digits = 3, .places = 1}}, {.gray = IMAGE_GRAY_LUMA}},
    };
}

static int read_request(const void *body, size_t size)
{
    struct image_request request;

    return image_request_read(&request, body, size);
}

static void test_a_request_arrives_as_it_was(void **state)
{
    const struct image_request sent = valid_request();
    struct image_request request;

    (void)state;
    assert_int_equal(image_request_read(&request, &sent, sizeof(sent)), 0);
    assert_memory_equal(&request, &sent, sizeof(sent));
}

static void test_only_a_whole_and_valid_request_is_accepted(void **state)
{
    struct image_request sent = valid_request();

    (void)state;
    assert_int_equal(read_request(NULL, 0), -EPROTO);
    assert_int_equal(read_request(&sent, sizeof(sent) - 1), -EPROTO);
    assert_int_equal(read_request(&sent, sizeof(sent) + 1), -EPROTO);
    sent.count = IMAGE_OUTPUTS_MAX + 1;
    assert_int_equal(read_request(&sent, sizeof(sent)), -EPROTO);
    sent = valid_request();
    sent.outputs[1].encoding.quality = 101;
    assert_int_equal(read_request(&sent, sizeof(sent)), -EPROTO);
}

static struct image_result valid_result(void)
{
    return (struct image_result){
        .count = 2,
        .outputs = {{.bytes = 600, .format = IMAGE_PNG},
                    {.offset = 600, .bytes = 400, .format = IMAGE_JPEG}},
    };
}

static int read_result(const struct image_result *sent, size_t size, uint32_t count)
{
    struct image_result result;

    return image_result_read(&result, sent, size, count, OUTPUT_BYTES);
}

static void test_a_result_has_as_many_outputs_as_asked(void **state)
{
    const struct image_result sent = valid_result();

    (void)state;
    assert_int_equal(read_result(&sent, sizeof(sent), 2), 0);
    assert_int_equal(read_result(&sent, sizeof(sent), 1), -EPROTO);
    assert_int_equal(read_result(&sent, sizeof(sent), 3), -EPROTO);
    assert_int_equal(read_result(&sent, sizeof(sent) - 1, 2), -EPROTO);
    assert_int_equal(read_result(NULL, 0, 2), -EPROTO);
}

static void test_outputs_lie_inside_the_output(void **state)
{
    static const uint64_t places[][2] = {{600, 401}, {1000, 1},       {1001, 1},
                                         {600, 0},   {UINT64_MAX, 2}, {8, UINT64_MAX - 4}};

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct image_result sent = valid_result();

        sent.outputs[1].offset = places[i][0];
        sent.outputs[1].bytes = places[i][1];
        assert_int_equal(read_result(&sent, sizeof(sent), 2), -EPROTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_arrives_as_it_was),
        cmocka_unit_test(test_only_a_whole_and_valid_request_is_accepted),
        cmocka_unit_test(test_a_result_has_as_many_outputs_as_asked),
        cmocka_unit_test(test_outputs_lie_inside_the_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
