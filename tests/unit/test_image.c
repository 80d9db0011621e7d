/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/image.h"
#include "tests/support/requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <vips/vips.h>

/*
 * image_process on images made here from known pixels; expected values are computed, not stored.
 * Images that other programs write and read are in tests/image/.
 */
enum { WIDTH = 37, HEIGHT = 23, CAPACITY = 1 << 20 };

static uint8_t memory[CAPACITY];

static struct image_output new_output(size_t capacity)
{
    return (struct image_output){.data = memory, .capacity = capacity};
}

/* A different value for every place and band, never a smooth one. */
static uint8_t sample(int x, int y, int band)
{
    return (uint8_t)(x * 71 + y * 113 + band * 59 + x * y);
}

/* An image of these samples as a file; free with g_free. */
static uint8_t *make_file(const char *suffix, int width, int height, int bands, size_t *size)
{
    _cleanup_free_ uint8_t *pixels = malloc((size_t)width * (size_t)height * (size_t)bands);
    VipsImage *image;
    void *file = NULL;

    for (int i = 0; i < width * height * bands; i++)
        pixels[i] = sample(i / bands % width, i / bands / width, i % bands);
    image = vips_image_new_from_memory_copy(pixels, (size_t)(width * height * bands), width, height,
                                            bands, VIPS_FORMAT_UCHAR);
    image->Type = bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    assert_int_equal(vips_image_write_to_buffer(image, suffix, &file, size, NULL), 0);
    g_object_unref(image);
    return file;
}

static const char *const lossless_suffixes[] = {".png", ".tif", ".webp[lossless]"};

static VipsImage *open_result(const struct image_output *output)
{
    VipsImage *image = NULL;
    void *data = output->data;

    switch (output->format) {
    case IMAGE_PNG:
        assert_int_equal(vips_pngload_buffer(data, output->size, &image, NULL), 0);
        break;
    case IMAGE_WEBP:
        assert_int_equal(vips_webpload_buffer(data, output->size, &image, NULL), 0);
        break;
    case IMAGE_TIFF:
        assert_int_equal(vips_tiffload_buffer(data, output->size, &image, NULL), 0);
        break;
    default:
        assert_int_equal(vips_jpegload_buffer(data, output->size, &image, NULL), 0);
        break;
    }
    return image;
}

static void test_luma(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 65536; value++)
        assert_int_equal(luma(value, value, value), value);
    assert_int_equal(luma(255, 0, 0), 76);
    assert_int_equal(luma(0, 255, 0), 150);
    assert_int_equal(luma(0, 0, 255), 29);
    for (unsigned i = 0; i < 1000; i++) {
        unsigned r = i * 7 % 256, g = i * 31 % 256, b = i * 101 % 256;
        double exact = 0.299 * r + 0.587 * g + 0.114 * b;

        assert_true(luma(r, g, b) >= exact - 0.51 && luma(r, g, b) <= exact + 0.51);
    }
}

/* Gray of every lossless format is luma for every pixel, alpha as it was. */
static void test_gray_pixels(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lossless_suffixes); i++) {
        for (int bands = 3; bands <= 4; bands++) {
            struct image_request request = gray_request();
            struct image_output output = new_output(CAPACITY);
            size_t size;
            uint8_t *file = make_file(lossless_suffixes[i], WIDTH, HEIGHT, bands, &size);
            VipsImage *result;
            uint8_t *pixels;

            assert_int_equal(image_process(&request, (struct bytes){file, size}, &output), 0);
            result = open_result(&output);
            assert_int_equal(result->Xsize, WIDTH);
            assert_int_equal(result->Ysize, HEIGHT);
            pixels = vips_image_write_to_memory(result, &size);
            for (int at = 0; at < WIDTH * HEIGHT; at++) {
                int x = at % WIDTH, y = at / WIDTH;
                const uint8_t *pixel = pixels + at * result->Bands;

                if (bands == 4)
                    assert_int_equal(pixel[result->Bands - 1], sample(x, y, 3));
                if (bands == 4 && sample(x, y, 3) == 0 && output.format == IMAGE_WEBP)
                    continue; /* the file made here does not hold the colour of what is invisible */
                assert_int_equal(pixel[0], luma(sample(x, y, 0), sample(x, y, 1), sample(x, y, 2)));
            }
            g_free(pixels);
            g_object_unref(result);
            g_free(file);
        }
    }
}

/* Exact sizes for many lengths and factors, in every format that can be opened here. */
static void test_scaled_sizes(void **state)
{
    static const int lengths[] = {1, 2, 3, 7, 16, 17, 63, 100};
    static const double factors[] = {0.01, 0.125, 0.25, 0.3, 0.333, 0.5, 0.51, 0.75, 0.9, 0.999, 1};
    static const char *const suffixes[] = {".png", ".tif", ".webp", ".jpg"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lengths) * ARRAY_LENGTH(factors); i++) {
        double factor = factors[i % ARRAY_LENGTH(factors)];
        int width = lengths[i / ARRAY_LENGTH(factors)], height = lengths[(i * 5 + 3) % 8];
        struct image_request request = scale_request(factor);
        struct image_output output = new_output(CAPACITY);
        size_t size;
        uint8_t *file = make_file(suffixes[i % 4], width, height, 3, &size);
        VipsImage *result;

        assert_int_equal(image_process(&request, (struct bytes){file, size}, &output), 0);
        result = open_result(&output);
        assert_int_equal(result->Xsize, decimal_scale((uint32_t)width, request.stages[0].scale));
        assert_int_equal(result->Ysize, decimal_scale((uint32_t)height, request.stages[0].scale));
        g_object_unref(result);
        g_free(file);
    }
}

/* A file cut off anywhere gives the image of the whole file, or none. */
static void test_cut_files(void **state)
{
    static const char *const suffixes[] = {".png", ".tif", ".webp", ".jpg", ".gif"};
    static uint8_t whole[CAPACITY];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes) * 2; i++) {
        struct image_request request = i % 2 ? scale_request(0.5) : gray_request();
        struct image_output output = new_output(CAPACITY);
        size_t size, whole_size;
        uint8_t *file = make_file(suffixes[i / 2], WIDTH, HEIGHT, 3, &size);

        assert_int_equal(image_process(&request, (struct bytes){file, size}, &output), 0);
        whole_size = output.size;
        memcpy(whole, output.data, whole_size);
        for (size_t cut = 0; cut < size; cut += 7) {
            int status = image_process(&request, (struct bytes){file, cut}, &output);

            if (status == 0) {
                assert_int_equal(output.size, whole_size);
                assert_memory_equal(output.data, whole, whole_size);
            } else {
                assert_true(status == STATUS_IMAGE_CORRUPT || status == STATUS_UNSUPPORTED_FORMAT);
                assert_true(output.detail[0] != '\0');
            }
        }
        g_free(file);
    }
}

/* Bytes changed at random: a status of ours, whatever it is, and nothing else happens. */
static void test_changed_files(void **state)
{
    static const char *const suffixes[] = {".png", ".tif", ".webp", ".jpg", ".gif"};

    (void)state;
    srandom(1);
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes) * 100; i++) {
        struct image_request request = i % 2 ? scale_request(0.5) : gray_request();
        struct image_output output = new_output(CAPACITY);
        size_t size;
        uint8_t *file = make_file(suffixes[i / 100], WIDTH, HEIGHT, 3, &size);
        int status;

        for (int changes = 0; changes < 3; changes++)
            file[(size_t)random() % size] = (uint8_t)random();
        status = image_process(&request, (struct bytes){file, size}, &output);
        assert_true(status == 0 || status == STATUS_IMAGE_CORRUPT ||
                    status == STATUS_UNSUPPORTED_FORMAT || status == STATUS_IMAGE_TOO_LARGE ||
                    status == STATUS_RESULT_TOO_LARGE);
        g_free(file);
    }
}

static void test_limits(void **state)
{
    struct image_request request = gray_request();
    struct image_output output = new_output(CAPACITY);
    size_t size;
    uint8_t *file = make_file(".png", WIDTH, HEIGHT, 3, &size);

    (void)state;
    request.max_pixels = WIDTH * HEIGHT;
    assert_int_equal(image_process(&request, (struct bytes){file, size}, &output), 0);
    request.max_pixels--;
    assert_int_equal(image_process(&request, (struct bytes){file, size}, &output),
                     STATUS_IMAGE_TOO_LARGE);
    assert_string_equal(output.detail,
                        "limits.max_pixels is 850, and the image has 37 x 23 pixels in 1 frame(s)");
    g_free(file);
}

/* Nothing is written behind the memory of the result. */
static void test_small_output(void **state)
{
    static const char *const suffixes[] = {".png", ".tif", ".webp", ".jpg", ".gif"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes) * 2; i++) {
        struct image_request request = i % 2 ? scale_request(0.9) : gray_request();
        struct image_output output = new_output(40);
        size_t size;
        uint8_t *file = make_file(suffixes[i / 2], WIDTH, HEIGHT, 3, &size);

        memset(memory, 0x55, 4096);
        assert_int_equal(image_process(&request, (struct bytes){file, size}, &output),
                         STATUS_RESULT_TOO_LARGE);
        assert_non_null(strstr(output.detail, "large"));
        for (int at = 40; at < 4096; at++)
            assert_int_equal(memory[at], 0x55);
        g_free(file);
    }
}

static void test_refusals(void **state)
{
    static const uint8_t text[] = "hello", png[] = "\x89PNG\r\n\x1a\n";
    struct image_request request = gray_request();
    struct image_output output = new_output(CAPACITY);

    (void)state;
    assert_int_equal(image_process(&request, (struct bytes){text, 5}, &output),
                     STATUS_UNSUPPORTED_FORMAT);
    assert_int_equal(image_process(&request, (struct bytes){text, 0}, &output),
                     STATUS_UNSUPPORTED_FORMAT);
    assert_int_equal(image_process(&request, (struct bytes){png, 8}, &output),
                     STATUS_IMAGE_CORRUPT);
    assert_string_equal(output.detail, "The PNG is damaged or incomplete.");
}

/* A GIF's colour tables become luma; delays, loop and pixels stay, the comment goes. */
static void test_gif_gray(void **state)
{
    static const uint8_t gif[] = "GIF89a\x02\0\x01\0\x80\0\0\xff\0\0\0\xff\0"
                                 "!\xff\x0bNETSCAPE2.0\x03\x01\x07\0\0"
                                 "!\xfe\x06secret\0"
                                 "!\xf9\x04\x05\x0a\0\x01\0"
                                 ",\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0a\0;";
    static const uint8_t gray[] = "GIF89a\x02\0\x01\0\x80\0\0LLL\x96\x96\x96"
                                  "!\xff\x0bNETSCAPE2.0\x03\x01\x07\0\0"
                                  "!\xf9\x04\x05\x0a\0\x01\0"
                                  ",\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0a\0;";
    struct image_request request = gray_request(), scale = scale_request(0.9);
    struct image_output output = new_output(CAPACITY);

    (void)state;
    assert_int_equal(image_process(&request, (struct bytes){gif, sizeof(gif) - 1}, &output), 0);
    assert_int_equal(output.size, sizeof(gray) - 1);
    assert_memory_equal(output.data, gray, sizeof(gray) - 1);
    assert_int_equal(image_process(&scale, (struct bytes){gif, sizeof(gif) - 1}, &output), 0);
    assert_int_equal(output.size, sizeof(gray) - 1); /* as large as before: the colours stay */
    assert_memory_equal(output.data + 13, gif + 13, 6);
    for (size_t cut = 6; cut < sizeof(gif) - 2; cut++)
        assert_int_equal(image_process(&request, (struct bytes){gif, cut}, &output),
                         STATUS_IMAGE_CORRUPT);
    assert_int_equal(image_process(&request, (struct bytes){gif, sizeof(gif) - 2}, &output),
                     0); /* no trailer */
    assert_int_equal(output.size, sizeof(gray) - 1);
    assert_memory_equal(output.data, gray, sizeof(gray) - 1);
}

/* All pixels have to be there: an impossible code, or too few of them. */
static void test_gif_pixels(void **state)
{
    uint8_t gif[] = "GIF89a\x02\0\x01\0\x80\0\0\xff\0\0\0\xff\0"
                    ",\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0a\0;";
    struct image_request request = gray_request();
    struct image_output output = new_output(CAPACITY);

    (void)state;
    assert_int_equal(image_process(&request, (struct bytes){gif, sizeof(gif) - 1}, &output), 0);
    gif[24] = 3; /* the image is wider than its data */
    assert_int_equal(image_process(&request, (struct bytes){gif, sizeof(gif) - 1}, &output),
                     STATUS_IMAGE_CORRUPT);
    gif[24] = 2;
    gif[31] = 0xc4; /* a code that nothing defined */
    gif[32] = 0x01;
    assert_int_equal(image_process(&request, (struct bytes){gif, sizeof(gif) - 1}, &output),
                     STATUS_IMAGE_CORRUPT);
}

static int start(void **state)
{
    (void)state;
    if (image_start() != 0)
        return -1;
    vips_operation_block_set("VipsForeignLoad", FALSE); /* the tests look at results */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_luma),          cmocka_unit_test(test_gray_pixels),
        cmocka_unit_test(test_scaled_sizes),  cmocka_unit_test(test_cut_files),
        cmocka_unit_test(test_changed_files), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_small_output),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_gif_gray),      cmocka_unit_test(test_gif_pixels),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
