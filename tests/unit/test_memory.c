/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "image/image.h"
#include "image/jpeg/encode.h"
#include "image/png/encode.h"
#include "image/webp/encode.h"
#include "tests/support/requests.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/*
 * Short of memory is -ENOMEM, a 503 for clients, wherever it happens: in our own code, or in an
 * encoder that does not say what went wrong. So each allocation of a job fails in turn, alone or
 * with all later ones. Only fast paths are tested: in libvips it ends the worker.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

int main(void)
{
    return 77; /* they replace the allocator */
}

#else

enum { WIDTH = 70, HEIGHT = 50, CAPACITY = 1 << 18 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static long left = -1; /* allocations until one fails; -1: none does */
static bool for_good;  /* all that follow fail, too */
static bool failed;

static bool fails(void)
{
    if (left < 0 || left-- > 0)
        return false;
    failed = true;
    left = for_good ? 0 : -1;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = fails() ? NULL : __libc_memalign(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

/* --- images -------------------------------------------------------------------------------------
 */

static uint8_t samples[WIDTH * HEIGHT * 4], file[CAPACITY], memory[CAPACITY];

static void fill_samples(void)
{
    for (int i = 0; i < (int)sizeof(samples); i++)
        samples[i] = (uint8_t)(i * 37 + i / 280 * 11);
}

static size_t make_png(int bands)
{
    struct png_format format = {
        .width = WIDTH, .height = HEIGHT, .bands = (unsigned)bands, .bits = 8};
    struct png_encoder *encoder = png_encoder_new(&format);
    struct image_output output = {.data = file, .capacity = CAPACITY};

    for (int y = 0; y < HEIGHT; y++)
        png_encoder_row(encoder, samples + y * WIDTH * bands);
    assert_int_equal(png_encoder_finish(encoder, &output), 0);
    png_encoder_free(encoder);
    return output.size;
}

static size_t make_webp(int bands)
{
    struct webp_format format = {.width = WIDTH, .height = HEIGHT, .bands = bands, .quality = 80};
    struct image_output output = {.data = file, .capacity = CAPACITY};

    assert_int_equal(webp_encode(&format, samples, &output), 0);
    return output.size;
}

/* Of 4:2:0. */
static size_t make_jpeg(bool progressive)
{
    static uint8_t planes[3][WIDTH * HEIGHT * 4];
    const struct jpeg_encoding encoding = {.quality = 80, .progressive = progressive};
    struct raster raster = {.width = WIDTH, .height = HEIGHT, .colour = true, .h = 2, .v = 2};
    size_t size = 0;

    for (unsigned i = 0; i < 3; i++) {
        const unsigned by = i == 0 ? 1 : 2;

        plane_place(&raster.planes[i], planes[i], WIDTH / by, HEIGHT / by);
        assert_true(plane_bytes(WIDTH / by, HEIGHT / by) <= sizeof(planes[i]));
        for (uint32_t y = 0; y < HEIGHT / by; y++)
            memcpy(planes[i] + y * raster.planes[i].pitch, samples + (i * HEIGHT + y) * WIDTH,
                   WIDTH / by);
    }
    assert_int_equal(jpeg_encode(&encoding, &raster, file, CAPACITY, &size), 0);
    return size;
}

/* ------------------------------------------------------------------------------------------------
 */

static int process(const struct image_request *request, size_t size, struct image_output *output)
{
    *output = (struct image_output){.data = memory, .capacity = CAPACITY};
    return image_process(request, (struct bytes){file, size}, output);
}

/* Until a job has fewer allocations. */
static void fail_each(const struct image_request *request, size_t size, bool all_that_follow)
{
    struct image_output output;

    for (long number = 0;; number++) {
        int status;

        image_rest();
        failed = false;
        for_good = all_that_follow;
        left = number;
        status = process(request, size, &output);
        left = -1;
        if (!failed) {
            assert_int_equal(status, 0);
            return;
        }
        if (status != 0 && status != -ENOMEM)
            fail_msg("allocation %ld: %d %s", number, status, output.detail);
    }
}

static void fail_all(size_t size)
{
    struct image_output output;

    for (int i = 0; i < 3; i++) {
        const struct image_request request =
            i == 0 ? gray_request() : scale_request(i == 1 ? 0.5 : 1);

        assert_int_equal(process(&request, size, &output), 0);
        fail_each(&request, size, false);
        fail_each(&request, size, true);
    }
}

static void test_png(void **state)
{
    (void)state;
    for (int bands = 1; bands <= 4; bands++)
        fail_all(make_png(bands));
}

static void test_webp(void **state)
{
    (void)state;
    fail_all(make_webp(3));
}

/* libwebp 1.2.4's decoder of alpha is left out: it crashes on some of these, and a worker with it.
 */
static void test_webp_encoder(void **state)
{
    struct webp_format format = {.width = WIDTH, .height = HEIGHT, .quality = 80};
    struct image_output output = {.data = file, .capacity = CAPACITY};
    int status;

    (void)state;
    for (int i = 0; i < 8; i++) {
        format.bands = i / 2 + 1;
        format.lossless = i % 2 == 1;
        failed = true;
        for (long number = 0; failed; number++) {
            failed = false;
            left = number;
            status = webp_encode(&format, samples, &output);
            left = -1;
            assert_true(status == -ENOMEM || status == 0);
        }
        assert_int_equal(status, 0);
    }
}

static void test_jpeg(void **state)
{
    (void)state;
    fail_all(make_jpeg(false));
    fail_all(make_jpeg(true));
}

static int start(void **state)
{
    (void)state;
    fill_samples();
    return image_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png),
        cmocka_unit_test(test_webp),
        cmocka_unit_test(test_webp_encoder),
        cmocka_unit_test(test_jpeg),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}

#endif
