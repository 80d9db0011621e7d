/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg/jpeg.h"
#include "tests/support/jpeg_paths.h"
#include "tests/support/requests.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

/*
 * The fast paths of a JPEG, on files that libjpeg writes here and with libjpeg as the judge: it
 * reads the coefficients of both sides.
 */
enum { CAPACITY = 1 << 20, SIDE_MAX = 200 };

struct file {
    unsigned char *data;
    unsigned long size;
};

struct recipe {
    unsigned width, height;
    int h, v; /* the luma's sampling factors; 0: gray */
    bool progressive, arithmetic;
    unsigned restart_mcus;
    J_COLOR_SPACE space;  /* of the file; 0: YCbCr or gray */
    unsigned orientation; /* 0: no EXIF */
    const uint8_t *profile;
    unsigned profile_size;
};

static uint8_t memory[CAPACITY];

static void free_file(struct file *file)
{
    free(file->data);
}
#define _cleanup_file_ _cleanup_(free_file)

/* An image with edges, slopes and noise, the same each time. */
static void paint_row(const struct recipe *recipe, unsigned y, int channels, uint8_t *row)
{
    for (unsigned x = 0; x < recipe->width; x++)
        for (int c = 0; c < channels; c++) {
            unsigned noise = (x * 2654435761U ^ y * 40503U ^ (unsigned)c * 97U) >> 7;

            *row++ = (uint8_t)(x * 3 / (unsigned)(c + 1) + y * 2 + (x / 7 + y / 5) % 2 * 60 +
                               noise % 23);
        }
}

static void write_exif(j_compress_ptr codec, unsigned orientation)
{
    uint8_t exif[] = {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                      1,   18,  0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};

    exif[25] = (uint8_t)orientation;
    jpeg_write_marker(codec, JPEG_APP0 + 1, exif, sizeof(exif));
}

static void set_up(j_compress_ptr codec, const struct recipe *recipe, int channels)
{
    codec->image_width = recipe->width;
    codec->image_height = recipe->height;
    codec->input_components = channels;
    codec->in_color_space = channels == 4 ? JCS_CMYK : channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(codec);
    if (recipe->space != JCS_UNKNOWN)
        jpeg_set_colorspace(codec, recipe->space);
    jpeg_set_quality(codec, 90, TRUE);
    if (recipe->h > 0) {
        codec->comp_info[0].h_samp_factor = recipe->h;
        codec->comp_info[0].v_samp_factor = recipe->v;
    }
    if (recipe->progressive)
        jpeg_simple_progression(codec);
    codec->arith_code = recipe->arithmetic;
    codec->restart_interval = recipe->restart_mcus;
}

static struct file make(const struct recipe *recipe)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    struct file file = {0};
    uint8_t row[SIDE_MAX * 4], *rows[1] = {row};
    int channels = recipe->space == JCS_CMYK ? 4 : recipe->h > 0 ? 3 : 1;

    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &file.data, &file.size);
    set_up(&codec, recipe, channels);
    jpeg_start_compress(&codec, TRUE);
    if (recipe->orientation > 0)
        write_exif(&codec, recipe->orientation);
    if (recipe->profile != NULL)
        jpeg_write_icc_profile(&codec, recipe->profile, recipe->profile_size);
    while (codec.next_scanline < codec.image_height) {
        paint_row(recipe, codec.next_scanline, channels, row);
        jpeg_write_scanlines(&codec, rows, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    return file;
}

static int process(const struct image_request *request, const struct file *file,
                   struct image_output *output)
{
    *output = (struct image_output){.data = memory, .capacity = sizeof(memory)};
    return run_jpeg_paths(request, (struct bytes){file->data, file->size}, output);
}

/* The luma's coefficients, read by libjpeg without a warning. */
struct luma {
    unsigned width, height, columns, rows;
    int components;
    JCOEF block[(SIDE_MAX / 8 + 1) * (SIDE_MAX / 8 + 1)][64];
};

static void read_luma(struct luma *luma, const uint8_t *data, size_t size)
{
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    jvirt_barray_ptr *arrays;

    codec.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, data, size);
    jpeg_read_header(&codec, TRUE);
    arrays = jpeg_read_coefficients(&codec);
    luma->width = codec.image_width;
    luma->height = codec.image_height;
    luma->components = codec.num_components;
    luma->columns = (codec.image_width + 7) / 8;
    luma->rows = (codec.image_height + 7) / 8;
    for (unsigned y = 0; y < luma->rows; y++) {
        JBLOCKARRAY row =
            codec.mem->access_virt_barray((j_common_ptr)&codec, arrays[0], y, 1, FALSE);

        memcpy(luma->block[y * luma->columns], row[0], luma->columns * sizeof(luma->block[0]));
    }
    assert_int_equal(errors.num_warnings, 0);
    jpeg_finish_decompress(&codec);
    jpeg_destroy_decompress(&codec);
}

static const int samplings[][2] = {{0, 0}, {1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}};
static const unsigned sizes[][2] = {{1, 1}, {1, 50}, {50, 1}, {16, 16}, {33, 17}, {200, 131}};

/* Calls `check` with every sampling, kind, restart interval and size. */
static void for_each_recipe(void (*check)(const struct recipe *recipe))
{
    for (unsigned sampling = 0; sampling < ARRAY_LENGTH(samplings); sampling++)
        for (unsigned size = 0; size < ARRAY_LENGTH(sizes); size++)
            for (unsigned bits = 0; bits < 4; bits++) {
                struct recipe recipe = {.width = sizes[size][0],
                                        .height = sizes[size][1],
                                        .h = samplings[sampling][0],
                                        .v = samplings[sampling][1],
                                        .progressive = bits & 1,
                                        .restart_mcus = bits & 2 ? 3 : 0};

                check(&recipe);
            }
}

static void check_lossless(const struct recipe *recipe)
{
    static struct luma before, after;
    struct image_request request = gray_request();
    _cleanup_file_ struct file file = make(recipe);
    struct image_output output;

    assert_int_equal(process(&request, &file, &output), 0);
    assert_int_equal(output.format, IMAGE_JPEG);
    read_luma(&before, file.data, file.size);
    read_luma(&after, output.data, output.size);
    assert_int_equal(after.components, 1);
    assert_int_equal(after.width, before.width);
    assert_int_equal(after.height, before.height);
    assert_memory_equal(after.block, before.block,
                        before.columns * before.rows * sizeof(before.block[0]));
}

static void test_gray_keeps_every_luma_coefficient(void **state)
{
    (void)state;
    for_each_recipe(check_lossless);
}

/* Coefficient (v, u) of block (y, x) of the image turned upright, from the image as it was. */
static int turned_coefficient(const struct luma *luma, unsigned orientation, unsigned y, unsigned x,
                              unsigned v, unsigned u)
{
    bool transpose = orientation >= 5, negative = false;
    bool mirror = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    bool flip = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    unsigned columns = transpose ? luma->rows : luma->columns;
    unsigned rows = transpose ? luma->columns : luma->rows;
    unsigned from_x = mirror ? columns - 1 - x : x, from_y = flip ? rows - 1 - y : y;

    negative ^= mirror && u % 2 == 1;
    negative ^= flip && v % 2 == 1;
    int value = transpose ? luma->block[from_x * luma->columns + from_y][u * 8 + v]
                          : luma->block[from_y * luma->columns + from_x][v * 8 + u];

    return negative ? -value : value;
}

static void check_turned(const struct luma *before, const struct luma *after, unsigned orientation)
{
    assert_int_equal(after->width, orientation >= 5 ? before->height : before->width);
    assert_int_equal(after->height, orientation >= 5 ? before->width : before->height);
    for (unsigned y = 0; y < after->rows; y++)
        for (unsigned x = 0; x < after->columns; x++)
            for (unsigned k = 0; k < 64; k++)
                assert_int_equal(after->block[y * after->columns + x][k],
                                 turned_coefficient(before, orientation, y, x, k / 8, k % 8));
}

static void test_gray_turns_whole_blocks_without_loss(void **state)
{
    static struct luma before, after;
    struct image_request request = gray_request();

    (void)state;
    for (unsigned orientation = 1; orientation <= 8; orientation++)
        for (int progressive = 0; progressive < 2; progressive++) {
            struct recipe recipe = {.width = 48,
                                    .height = 32,
                                    .h = 2,
                                    .v = 2,
                                    .progressive = progressive,
                                    .orientation = orientation};
            _cleanup_file_ struct file file = make(&recipe);
            struct image_output output;

            assert_int_equal(process(&request, &file, &output), 0);
            read_luma(&before, file.data, file.size);
            read_luma(&after, output.data, output.size);
            check_turned(&before, &after, orientation);
        }
}

static void check_scaled_size(const struct recipe *recipe)
{
    static const double factors[] = {0.001, 0.1, 0.125, 0.25, 0.3, 0.5, 0.667, 0.99, 1};
    static struct luma luma;
    _cleanup_file_ struct file file = make(recipe);

    for (unsigned i = 0; i < ARRAY_LENGTH(factors); i++) {
        struct image_request request = scale_request(factors[i]);
        struct image_output output;

        assert_int_equal(process(&request, &file, &output), 0);
        read_luma(&luma, output.data, output.size);
        assert_int_equal(luma.width,
                         decimal_scale(recipe->width, decimal_from_fraction(factors[i])));
        assert_int_equal(luma.height,
                         decimal_scale(recipe->height, decimal_from_fraction(factors[i])));
        assert_int_equal(luma.components, recipe->h > 0 ? 3 : 1);
    }
}

static void test_scale_is_exact_to_the_pixel(void **state)
{
    (void)state;
    for_each_recipe(check_scaled_size);
}

/* Whatever is cut off a baseline file, and wherever, with or without an end marker put behind. */
static void test_cut_off_is_corrupt(void **state)
{
    struct recipe recipe = {.width = 70, .height = 45, .h = 2, .v = 2};
    struct image_request requests[] = {gray_request(), scale_request(0.5)};

    (void)state;
    for (unsigned restarts = 0; restarts < 2; restarts++) {
        recipe.restart_mcus = restarts;
        _cleanup_file_ struct file file = make(&recipe);

        for (unsigned long size = 3; size + 2 < file.size; size++) /* the shortest that is a JPEG */
            for (unsigned i = 0; i < 4; i++) {
                _cleanup_free_ unsigned char *copy = malloc(size + 2);
                struct file part = {.data = copy, .size = i & 1 ? size + 2 : size};
                struct image_output output;
                int status; /* unsupported: half a frame header may say anything */

                memcpy(copy, file.data, size);
                memcpy(copy + size, "\xff\xd9", 2);
                status = process(&requests[i / 2], &part, &output);
                if (status != STATUS_IMAGE_CORRUPT && status != STATUS_UNSUPPORTED_FORMAT)
                    fail_msg("cut after %lu of %lu bytes: %d", size, file.size, status);
            }
    }
}

static void test_progressive_cut_off_without_end_is_corrupt(void **state)
{
    struct recipe recipe = {.width = 70, .height = 45, .h = 2, .v = 2, .progressive = true};
    struct image_request requests[] = {gray_request(), scale_request(0.5)};
    _cleanup_file_ struct file file = make(&recipe);

    (void)state;
    for (unsigned long size = 3; size + 2 < file.size; size++) /* the shortest that is a JPEG */
        for (unsigned i = 0; i < 2; i++) {
            struct file part = {.data = file.data, .size = size};
            struct image_output output;

            assert_int_equal(process(&requests[i], &part, &output), STATUS_IMAGE_CORRUPT);
        }
}

/* With every code there, an end marker says nothing; half of one, or much of anything, no more. */
static void test_an_end_marker_may_be_missing(void **state)
{
    enum { MORE = 10000 };
    struct image_request requests[] = {gray_request(), scale_request(0.5)};

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct recipe recipe = {.width = 70,
                                .height = 45,
                                .h = 2,
                                .v = 2,
                                .progressive = i & 1,
                                .restart_mcus = i & 2 ? 3 : 0};
        struct image_request *request = &requests[i / 4];
        _cleanup_file_ struct file file = make(&recipe);
        _cleanup_free_ uint8_t *whole = malloc(CAPACITY), *long_data = malloc(file.size + MORE);
        struct file longer = {.data = long_data, .size = file.size - 2 + MORE};
        struct image_output output;
        size_t size;

        assert_int_equal(process(request, &file, &output), 0);
        size = output.size;
        memcpy(whole, output.data, size);
        memcpy(long_data, file.data, file.size - 2);
        memset(long_data + file.size - 2, 0x55, MORE);
        for (unsigned cut = 1; cut <= 2; cut++) {
            struct file part = {.data = file.data, .size = file.size - cut};

            assert_int_equal(process(request, &part, &output), 0);
            assert_int_equal(output.size, size);
            assert_memory_equal(output.data, whole, size);
        }
        assert_int_equal(process(request, &longer, &output), 0);
        assert_int_equal(output.size, size);
        assert_memory_equal(output.data, whole, size);
    }
}

static void test_output_never_passes_its_capacity(void **state)
{
    struct image_request requests[] = {gray_request(), scale_request(0.5)};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct recipe recipe = {.width = 100, .height = 80, .h = 2, .v = 2, .progressive = i & 1};
        _cleanup_file_ struct file file = make(&recipe);
        struct image_output output = {.data = memory, .capacity = sizeof(memory)};
        size_t whole;

        assert_int_equal(
            run_jpeg_paths(&requests[i / 2], (struct bytes){file.data, file.size}, &output), 0);
        whole = output.size;
        for (output.capacity = 0; output.capacity < whole; output.capacity += 37) {
            memset(memory, 0xa5, sizeof(memory));
            assert_int_equal(
                run_jpeg_paths(&requests[i / 2], (struct bytes){file.data, file.size}, &output),
                STATUS_IMAGE_TOO_LARGE);
            for (size_t n = output.capacity; n < output.capacity + 64; n++)
                assert_int_equal(memory[n], 0xa5);
        }
    }
}

static void test_unusual_files_are_declined(void **state)
{
    static const struct recipe recipes[] = {
        {.width = 40, .height = 40, .h = 1, .v = 1, .space = JCS_RGB},
        {.width = 40, .height = 40, .space = JCS_CMYK},
        {.width = 44, .height = 40, .h = 2, .v = 2, .arithmetic = true, .orientation = 2},
    };
    struct image_request requests[] = {gray_request(), scale_request(0.5)};

    (void)state;
    for (unsigned i = 0; i < 2 * ARRAY_LENGTH(recipes); i++) {
        _cleanup_file_ struct file file = make(&recipes[i / 2]);
        struct image_output output;

        assert_int_equal(process(&requests[i % 2], &file, &output), -ENOTSUP);
    }
}

static void test_limits_hold(void **state)
{
    struct recipe recipe = {.width = 64, .height = 64, .h = 2, .v = 2, .progressive = true};
    _cleanup_file_ struct file file = make(&recipe);
    struct image_request request = gray_request();
    struct image_output output;

    (void)state;
    request.max_scans = 5;
    assert_int_equal(process(&request, &file, &output), STATUS_IMAGE_TOO_LARGE);
    request = gray_request();
    request.max_pixels = 64 * 64 - 1;
    assert_int_equal(process(&request, &file, &output), STATUS_IMAGE_TOO_LARGE);
    request.max_pixels = 64 * 64;
    assert_int_equal(process(&request, &file, &output), 0);
}

/* A profile that nobody can use is as good as none. */
static void test_profile_without_use_is_left_out(void **state)
{
    uint8_t profile[300] = "no profile that anybody knows";
    struct recipe recipe = {.width = 64,
                            .height = 64,
                            .h = 2,
                            .v = 2,
                            .profile = profile,
                            .profile_size = sizeof(profile)};
    _cleanup_file_ struct file file = make(&recipe);
    struct image_request gray = gray_request(), scale = scale_request(0.5);
    struct image_output output;

    (void)state;
    assert_int_equal(process(&gray, &file, &output), 0);
    assert_int_equal(process(&scale, &file, &output), 0);
    assert_null(memmem(output.data, output.size, profile, sizeof(profile)));
}

static int start(void **state)
{
    (void)state;
    return jpeg_start();
}

static int stop(void **state)
{
    (void)state;
    jpeg_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gray_keeps_every_luma_coefficient),
        cmocka_unit_test(test_gray_turns_whole_blocks_without_loss),
        cmocka_unit_test(test_scale_is_exact_to_the_pixel),
        cmocka_unit_test(test_cut_off_is_corrupt),
        cmocka_unit_test(test_progressive_cut_off_without_end_is_corrupt),
        cmocka_unit_test(test_an_end_marker_may_be_missing),
        cmocka_unit_test(test_output_never_passes_its_capacity),
        cmocka_unit_test(test_unusual_files_are_declined),
        cmocka_unit_test(test_limits_hold),
        cmocka_unit_test(test_profile_without_use_is_left_out),
    };

    return cmocka_run_group_tests_name("jpeg", tests, start, stop);
}
