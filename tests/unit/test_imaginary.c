/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/imaginary.h"
#include "service/imaginary_check.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* imaginary's operations as requests of ours. What the pixels look like is for
 * tests/service/test_imaginary.py. */

static struct imaginary_query asked;
static struct image_request request;
static struct image_plan plan;
static char detail[HTTP_DETAIL_BYTES];

static struct image_header header_of(enum image_format format, uint32_t width, uint32_t height,
                                     unsigned orientation)
{
    return (struct image_header){
        .format = format,
        .width = width,
        .height = height,
        .frames = 1,
        .orientation = (uint8_t)orientation,
        .mcu_width = 16,
        .mcu_height = 16,
    };
}

static int translate(const char *path, const char *query, const struct image_header *header)
{
    int status;

    request = (struct image_request){
        .max_pixels = 50000000,
        .avif_max_pixels = 16000000,
        .max_side = 16384,
        .max_scans = 100,
        .default_quality = 80,
        .default_avif_quality = 60,
    };
    detail[0] = '\0';
    status = imaginary_read(&asked, path, query, strlen(query), detail);
    if (status == 0)
        status = imaginary_check(&asked, detail);
    if (status == 0)
        status =
            imaginary_translate(&asked, "image/avif, image/png;q=0.5", header, &request, detail);
    if (status == 0)
        assert_int_equal(image_request_check(&request), 0);
    return status;
}

struct expected_size {
    const char *path, *query;
    unsigned width, height; /* of the result; 0: refused */
};

static void check_row(const struct expected_size *row, const struct image_header *header)
{
    int status = translate(row->path, row->query, header);

    if (row->width == 0) {
        if (status != STATUS_BAD_PARAMETER || detail[0] == '\0')
            fail_msg("%s?%s: status %d, not refused", row->path, row->query, status);
        return;
    }
    if (status != 0)
        fail_msg("%s?%s: status %d, %s", row->path, row->query, status, detail);
    if (image_plan(&plan, &request, header, detail) != 0)
        fail_msg("%s?%s: cannot be planned, %s", row->path, row->query, detail);
    if (plan.outputs[0].size.width != row->width || plan.outputs[0].size.height != row->height)
        fail_msg("%s?%s: %u x %u for %u x %u", row->path, row->query, plan.outputs[0].size.width,
                 plan.outputs[0].size.height, row->width, row->height);
}

/* Goal: every path makes the size that its rule says of 640 x 427 pixels. */
static void test_sizes(void **state)
{
    static const struct expected_size rows[] = {
        {"/resize", "width=200", 200, 133},
        {"/resize", "height=150", 225, 150},
        {"/resize", "width=300&height=100", 300, 100},
        {"/resize", "width=900", 640, 427},
        {"/resize", "width=900&force=1", 900, 600},
        {"/resize", "width=900&height=300", 900, 300},
        {"/resize", "width=900&height=900", 640, 427},
        {"/resize", "width=200&height=200&nocrop=", 200, 200},
        {"/resize", "", 0, 0},
        {"/crop", "width=200", 200, 427},
        {"/crop", "width=900", 640, 427},
        {"/crop", "width=900&height=300", 900, 300},
        {"/crop", "width=900&height=900", 640, 427},
        {"/smartcrop", "height=100", 640, 100},
        {"/fit", "width=900&height=300", 450, 300},
        {"/fit", "width=900&height=900", 640, 427},
        {"/fit", "width=900", 0, 0},
        {"/enlarge", "width=900&height=900", 900, 900},
        {"/enlarge", "width=200&height=200&nocrop=true", 200, 133},
        {"/thumbnail", "width=900", 900, 600},
        {"/thumbnail", "width=900&height=900", 900, 900},
        {"/thumbnail", "width=200&height=200&embed=t", 200, 200},
        {"/thumbnail", "", 0, 0},
        {"/convert", "type=png&height=150", 225, 150},
        {"/convert", "height=150", 0, 0},
        {"/extract", "top=20&left=40&areawidth=200&areaheight=100", 200, 100},
        {"/extract", "top=20&left=40&areawidth=200&areaheight=100&width=50", 0, 0},
        {"/extract", "top=20&left=40&areawidth=200&areaheight=100&width=320", 200, 100},
        {"/extract", "areawidth=641&areaheight=1", 0, 0},
        {"/extract", "areawidth=641", 0, 0},
        {"/zoom", "factor=1", 1280, 854},
        {"/zoom", "factor=1&width=50", 50, 33},
        {"/zoom", "factor=-1.5&top=10&left=10&areawidth=20&areaheight=20", 20, 20},
        {"/zoom", "factor=1&top=10", 0, 0},
        {"/zoom", "factor=0", 0, 0},
        {"/rotate", "rotate=90", 427, 640},
        {"/rotate", "rotate=370", 427, 640},
        {"/rotate", "rotate=-90&width=200", 200, 300},
        {"/rotate", "rotate=89", 640, 427},
        {"/rotate", "rotate=0", 0, 0},
        {"/blur", "sigma=3&width=200", 200, 133},
        {"/blur", "sigma=0", 0, 0},
        {"/blur", "sigma=101", 0, 0},
        {"/blur", "sigma=1&minampl=0.001", 0, 0},
        {"/resize", "width=320&aspectratio=16:9", 320, 180},
        {"/crop", "height=320&aspectratio=3:2", 480, 320},
        {"/crop", "height=320&aspectratio=4/3", 0, 0},
        {"/crop", "width=200&height=200&aspectratio=4/3", 200, 200},
    };
    const struct image_header header = header_of(IMAGE_JPEG, 640, 427, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_row(&rows[i], &header);
}

/* Goal: values are read as imaginary reads them, in a query and in JSON. */
static void test_values(void **state)
{
    static const struct expected_size rows[] = {
        {"/resize", "width=-200", 200, 133},
        {"/resize", "width=200.6", 201, 134},
        {"/resize", "width=2e2&width=300&Width=400&unknown=%41", 200, 133},
        {"/resize", "width=&width=300", 0, 0},
        {"/resize", "width=abc", 0, 0},
        {"/resize", "width=0x64", 0, 0},
        {"/resize", "width=+100", 0, 0},
        {"/resize", "width=%zz", 0, 0},
        {"/resize", "width=100&flip=yes", 0, 0},
        {"/resize", "width=100&background=abc", 0, 0},
        {"/resize", "width=100&background=10,20", 0, 0},
        {"/resize", "width=100&background=300,0,+7", 100, 67},
        {"/resize", "width=100&background=1,2,3,4", 100, 67},
        {"/resize", "width=100&background=1,2,3x", 0, 0},
        {"/resize", "width=100&dpi=x", 0, 0},
        {"/resize", "width=100&type=bmp", 0, 0},
        {"/pipeline", "operations=[{\"operation\":\"resize\",\"params\":{\"width\":256.6}}]", 256,
         171},
        {"/pipeline", "operations=[{\"operation\":\"resize\",\"params\":{\"width\":\"256.6\"}}]",
         257, 171},
        {"/pipeline", "operations=[{\"operation\":\"resize\",\"params\":{\"width\":null}}]", 0, 0},
        {"/pipeline", "operations=[{\"operation\":\"resize\",\"params\":{\"width\":true}}]", 0, 0},
        {"/pipeline",
         "operations=[{\"operation\":\"fit\",\"params\":{\"width\":90,\"height\":90,"
         "\"type\":\"bmp\"}}]",
         90, 60},
        {"/pipeline", "operations=[{\"Operation\":\"flip\",\"Params\":null}]", 640, 427},
        {"/pipeline", "operations=[{\"operation\":\"flip\",\"more\":1}]", 0, 0},
        {"/pipeline", "operations=[{\"operation\":\"pipeline\"}]", 0, 0},
        {"/pipeline", "operations=[{\"operation\":\"convert\",\"params\":{\"type\":\"bmp\"}}]", 0,
         0},
        {"/pipeline", "operations=[null]", 0, 0},
        {"/pipeline", "operations=[]", 0, 0},
        {"/pipeline", "operations={", 0, 0},
        {"/pipeline", "operations=[{]", 0, 0},
        {"/pipeline", "", 0, 0},
    };
    const struct image_header header = header_of(IMAGE_JPEG, 640, 427, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_row(&rows[i], &header);
}

/* Goal: the words of `gravity` and `extend` are read in any case and without the white space around
 * them; any other word is as none. */
static void test_words(void **state)
{
    static const struct {
        const char *gravity, *extend;
        unsigned kind, places, filled; /* decimals of the vertical place; enum image_extend */
    } rows[] = {
        {"north", "copy", IMAGE_GRAVITY_POINT, 0, IMAGE_EXTEND_COPY},
        {"North", "COPY", IMAGE_GRAVITY_POINT, 0, IMAGE_EXTEND_COPY},
        {"+north%09", "+Copy%0d%0a", IMAGE_GRAVITY_POINT, 0, IMAGE_EXTEND_COPY},
        {"EAST", "White", IMAGE_GRAVITY_POINT, 1, IMAGE_EXTEND_BACKGROUND},
        {"Smart", "LastPixel", IMAGE_GRAVITY_SMART, 0, IMAGE_EXTEND_BACKGROUND},
        {"n+orth", "c+opy", IMAGE_GRAVITY_CENTER, 0, IMAGE_EXTEND_MIRROR},
        {"+", "+", IMAGE_GRAVITY_CENTER, 0, IMAGE_EXTEND_COPY},
        {"a+word+that+is+longer+than+any+of+ours", "northnorthnorthnorthnorthnorthnorth",
         IMAGE_GRAVITY_CENTER, 0, IMAGE_EXTEND_MIRROR},
    };
    const struct image_header header = header_of(IMAGE_JPEG, 640, 427, 1);
    char query[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct image_stage *stage = &request.stages[0];

        snprintf(query, sizeof(query), "width=90&height=300&gravity=%s", rows[i].gravity);
        assert_int_equal(translate("/crop", query, &header), 0);
        assert_int_equal(stage->gravity.kind, rows[i].kind);
        assert_int_equal(stage->gravity.point.y.places, rows[i].places);
        snprintf(query, sizeof(query), "width=90&height=300&extend=%s", rows[i].extend);
        assert_int_equal(translate("/resize", query, &header), 0);
        assert_int_equal(stage->extend, rows[i].filled);
    }
}

static void expect_turned(const char *query, unsigned turn, unsigned tag)
{
    const struct image_header header = header_of(IMAGE_JPEG, 427, 640, 6);
    unsigned seen = 1;

    assert_int_equal(translate("/pipeline", query, &header), 0);
    assert_int_equal(image_plan(&plan, &request, &header, detail), 0);
    for (unsigned i = 0; i < plan.outputs[0].operation_count; i++) {
        if (plan.outputs[0].operations[i].step == IMAGE_STEP_TURN)
            seen = geometry_combine(seen, plan.outputs[0].operations[i].turn);
    }
    assert_int_equal(seen, turn);
    assert_int_equal(plan.outputs[0].orientation, tag);
}

/* Goal: EXIF's orientation is applied once, before the first operation that does not decline; an
 * image that was not turned keeps its tag, unless it is stripped; turns are folded into one. */
static void test_orientation(void **state)
{
    (void)state;
    expect_turned("operations=[{\"operation\":\"autorotate\"},{\"operation\":\"fit\",\"params\":"
                  "{\"width\":100,\"height\":80,\"norotation\":\"true\"}}]",
                  6, 1);
    assert_int_equal(plan.outputs[0].size.width, 100);
    assert_int_equal(plan.outputs[0].size.height, 67);
    expect_turned("operations=[{\"operation\":\"fit\",\"params\":"
                  "{\"width\":100,\"height\":80,\"norotation\":\"true\"}}]",
                  1, 6);
    assert_int_equal(plan.outputs[0].size.width, 53);
    expect_turned("operations=[{\"operation\":\"fit\",\"params\":{\"width\":100,\"height\":80,"
                  "\"norotation\":\"true\",\"stripmeta\":true}}]",
                  1, 1);
    expect_turned("operations=[{\"operation\":\"fit\",\"params\":{\"width\":100,\"height\":80,"
                  "\"norotation\":\"true\"}},{\"operation\":\"autorotate\"}]",
                  6, 1);
    assert_int_equal(plan.outputs[0].size.width, 80);
    expect_turned("operations=[{\"operation\":\"rotate\",\"params\":{\"rotate\":90}},"
                  "{\"operation\":\"flip\"},{\"operation\":\"flop\"}]",
                  geometry_combine(6, 8), 1);
    assert_int_equal(request.outputs[0].stages, 1);
}

/* Goal: ten operations of every kind fit into the stages of a request, eleven are refused. */
static void test_ten_operations(void **state)
{
    static const char one[] =
        "{\"operation\":\"thumbnail\",\"params\":{\"rotate\":90,\"width\":300,"
        "\"sigma\":1,\"flip\":true,\"norotation\":%s}}%s";
    const struct image_header header = header_of(IMAGE_JPEG, 640, 427, 5);

    (void)state;
    for (int count = 10; count <= 11; count++) {
        char query[4096] = "operations=[";

        for (int i = 0; i < count; i++)
            snprintf(query + strlen(query), sizeof(query) - strlen(query), one,
                     i % 2 == 0 ? "true" : "false", i + 1 < count ? "," : "]");
        assert_int_equal(translate("/pipeline", query, &header),
                         count == 10 ? 0 : STATUS_BAD_PARAMETER);
        assert_true(count > 10 || request.outputs[0].stages <= IMAGE_STAGES_MAX);
    }
}

/* Goal: the last type, quality and interlace that are given count; so does any stripmeta. */
static void test_encoding(void **state)
{
    const struct image_header header = header_of(IMAGE_PNG, 64, 64, 1);
    const struct image_encoding *encoding = &request.outputs[0].encoding;

    (void)state;
    assert_int_equal(translate("/pipeline",
                               "operations=[{\"operation\":\"fit\",\"params\":{\"width\":9,"
                               "\"height\":9,\"type\":\"WebP\",\"quality\":\"10\",\"interlace\":"
                               "true,\"stripmeta\":true}},{\"operation\":\"flip\",\"params\":"
                               "{\"quality\":20}}]",
                               &header),
                     0);
    assert_int_equal(encoding->format, IMAGE_WEBP);
    assert_int_equal(encoding->quality, 20);
    assert_int_equal(encoding->progressive, 1);
    assert_int_equal(encoding->profile, IMAGE_PROFILE_SRGB);
    assert_int_equal(encoding->still, 1);
    assert_int_equal(translate("/resize", "width=9&type=auto&quality=101", &header), 0);
    assert_int_equal(encoding->format, IMAGE_PNG);
    assert_int_equal(encoding->quality, 0);
    assert_true(imaginary_asks_accept(&asked));
}

/* Goal: compression is of PNGs and speed of AVIFs, whichever operation gives them, and no speed
 * takes longer than a preview may. */
static void test_efforts(void **state)
{
    static const struct {
        const char *query;
        uint32_t effort; /* one more */
    } rows[] = {
        {"type=png&compression=9", 10}, {"type=png&compression=10", 0}, {"type=png&speed=3", 0},
        {"type=avif&speed=8", 2},       {"type=avif&speed=7", 3},       {"type=avif&speed=1", 4},
        {"type=avif&speed=9", 0},       {"type=avif&compression=9", 0}, {"type=webp&speed=1", 0},
    };
    const struct image_header header = header_of(IMAGE_JPEG, 640, 427, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_int_equal(translate("/convert", rows[i].query, &header), 0);
        assert_int_equal(request.outputs[0].encoding.effort, rows[i].effort);
    }
    assert_int_equal(translate("/pipeline",
                               "operations=[{\"operation\":\"fit\",\"params\":{\"width\":9,"
                               "\"height\":9,\"speed\":8}},{\"operation\":\"convert\","
                               "\"params\":{\"type\":\"avif\"}}]",
                               &header),
                     0);
    assert_int_equal(request.outputs[0].encoding.effort, 2);
}

/* Goal: an operation that fails is left out if it may be; what we do not have says so. */
static void test_failures(void **state)
{
    const struct image_header header = header_of(IMAGE_JPEG, 640, 427, 1);

    (void)state;
    check_row(
        &(struct expected_size){
            "/pipeline",
            "operations=[{\"operation\":\"resize\",\"ignore_failure\":true},"
            "{\"operation\":\"extract\",\"ignore_failure\":true,\"params\":"
            "{\"top\":9000,\"areawidth\":5,\"areaheight\":5}},"
            "{\"operation\":\"fit\",\"params\":{\"width\":100,\"height\":100}}]",
            100, 67},
        &header);
    assert_int_equal(request.outputs[0].stages, 1);
    assert_int_equal(translate("/watermark", "text=x", &header), STATUS_NOT_IMPLEMENTED);
    assert_int_equal(translate("/resize", "width=9&url=http://a/", &header),
                     STATUS_NOT_IMPLEMENTED);
    assert_int_equal(translate("/zoom", "factor=100", &header), STATUS_RESULT_TOO_LARGE);
    assert_int_equal(translate("/enlarge", "width=16000&height=16000", &header),
                     STATUS_RESULT_TOO_LARGE);
    assert_int_equal(translate("/thumbnail", "width=99999999999&height=1", &header),
                     STATUS_RESULT_TOO_LARGE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_efforts),        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_values),         cmocka_unit_test(test_orientation),
        cmocka_unit_test(test_ten_operations), cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_failures),       cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
