/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Every fast path against the general one: the same request of the same file takes the path that is
 * meant for it, and what comes out is the image that libvips makes, but for rounding and the
 * filters' tails. */
#include "base/cleanup.h"
#include "image/image.h"
#include "image/jpeg/jpeg.h"
#include "image/vips/pipeline.h"
#include "tests/support/requests.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <vips/vips.h>

enum { WIDTH = 232, HEIGHT = 152, CAPACITY = 1 << 20 };

#define LUMA_COPY IMAGE_PATH_JPEG_LUMA_COPY
#define PLANES    IMAGE_PATH_JPEG_PLANES
#define PNG       IMAGE_PATH_PNG_ROWS
#define WEBP      IMAGE_PATH_WEBP_PLANES
#define LOSSLESS  IMAGE_PATH_WEBP_LOSSLESS
#define GENERAL   IMAGE_PATH_GENERAL

static uint8_t fast_memory[CAPACITY], general_memory[CAPACITY];

/* Waves: smooth, of every colour, and nowhere the same. The last of two or four bands is alpha. */
static uint8_t sample(int x, int y, int band, int bands)
{
    if (bands % 2 == 0 && band == bands - 1)
        return (uint8_t)(140 + 100 * sin(x * 0.02 + y * 0.03));
    return (uint8_t)(128 + 60 * sin(x * 0.11 + band * 1.3) + 50 * cos(y * 0.13 - band * 0.7));
}

/* Free with g_free. */
static uint8_t *make_file(const char *suffix, int bands, size_t *size)
{
    _cleanup_free_ uint8_t *pixels = malloc((size_t)WIDTH * HEIGHT * (size_t)bands);
    VipsImage *image;
    void *file = NULL;

    for (int i = 0; i < WIDTH * HEIGHT * bands; i++)
        pixels[i] = sample(i / bands % WIDTH, i / bands / WIDTH, i % bands, bands);
    image = vips_image_new_from_memory_copy(pixels, (size_t)(WIDTH * HEIGHT * bands), WIDTH, HEIGHT,
                                            bands, VIPS_FORMAT_UCHAR);
    image->Type = bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    assert_int_equal(vips_image_write_to_buffer(image, suffix, &file, size, NULL), 0);
    g_object_unref(image);
    return file;
}

/* libvips has no loader of AVIF where its modules are not installed: as a PNG by our own decoder.
 */
static void make_png(struct image_output *output)
{
    static uint8_t memory[CAPACITY];
    struct image_output png = {.data = memory, .capacity = CAPACITY};
    struct image_request request = scale_request(1);

    request.outputs[0].encoding.format = IMAGE_PNG;
    assert_int_equal(image_process(&request, (struct bytes){output->data, output->size}, &png), 0);
    memcpy(output->data, png.data, png.size);
    output->size = png.size;
    output->format = IMAGE_PNG;
}

static VipsImage *decode(struct image_output *output)
{
    void *data = output->data;
    VipsImage *image = NULL;
    int status;

    if (output->format == IMAGE_AVIF)
        make_png(output);

    if (output->format == IMAGE_PNG)
        status = vips_pngload_buffer(data, output->size, &image, NULL);
    else if (output->format == IMAGE_WEBP)
        status = vips_webpload_buffer(data, output->size, &image, NULL);
    else
        status = vips_jpegload_buffer(data, output->size, &image, NULL);
    assert_int_equal(status, 0);
    return image;
}

/* dB, over all bands; what is all but invisible has any colour. */
static double psnr(VipsImage *a, VipsImage *b)
{
    const int bands = a->Bands;
    size_t size, other, counted = 0;
    uint8_t *one = vips_image_write_to_memory(a, &size);
    uint8_t *two = vips_image_write_to_memory(b, &other);
    double sum = 0;

    assert_non_null(one);
    assert_int_equal(size, other);
    for (size_t i = 0; i < size; i++, counted++) {
        const double difference = one[i] - two[i];

        sum += difference * difference;
    }
    assert_int_equal(bands, b->Bands);
    g_free(one);
    g_free(two);
    return sum == 0 ? INFINITY : 10 * log10(255 * 255 * (double)counted / sum);
}

static void run_general_path(const struct image_request *request, struct bytes file,
                             struct image_output *output)
{
    struct image_header header;
    struct image_plan plan;

    *output = (struct image_output){.data = general_memory, .capacity = CAPACITY};
    assert_int_equal(image_read_header(file.data, file.size, &header), 0);
    assert_int_equal(image_plan(&plan, request, &header, output->detail), 0);
    output->format = plan.outputs[0].format;
    if (header.format == IMAGE_JPEG)
        assert_int_equal(jpeg_open(&plan, file, output->detail), 0);
    assert_int_equal(pipeline_run(&plan, &plan.outputs[0], file, output), 0);
}

static struct image_request both_request(double factor)
{
    struct image_request request = scale_request(factor);

    request.stages[0].gray = IMAGE_GRAY_LUMA;
    return request;
}

static struct image_request with_quality(struct image_request request)
{
    request.outputs[0].encoding.quality = 90;
    return request;
}

static void test_every_path_makes_what_the_general_one_makes(void **state)
{
    const struct image_request requests[] = {
        gray_request(),
        with_quality(gray_request()),
        with_quality(scale_request(1)),
        with_quality(scale_request(0.5)),
        with_quality(scale_request(0.37)),
        both_request(0.5),
        with_quality(both_request(0.37)),
    };
    static const struct {
        const char *suffix;
        int first, last;                           /* numbers of bands */
        enum image_path gray, encoded_gray, other; /* what requests 0, 1 and the others take */
        double least;                              /* dB */
    } files[] = {
        {".jpg[Q=92]", 1, 3, LUMA_COPY, PLANES, PLANES, 36},
        {".jpg[Q=92,subsample_mode=off]", 3, 3, LUMA_COPY, PLANES, PLANES, 36},
        {".jpg[Q=92,interlace]", 3, 3, LUMA_COPY, PLANES, PLANES, 36},
        {".png", 1, 4, PNG, PNG, PNG, 45},
        {".webp[Q=92]", 3, 4, WEBP, WEBP, WEBP, 33},
        {".webp[lossless]", 3, 4, LOSSLESS, GENERAL, GENERAL, 60},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        const bool jpeg = strncmp(files[i].suffix, ".jpg", 4) == 0; /* no alpha */

        for (int bands = files[i].first; bands <= files[i].last; bands += jpeg ? 2 : 1) {
            size_t size;
            uint8_t *file = make_file(files[i].suffix, bands, &size);

            for (size_t j = 0; j < ARRAY_LENGTH(requests); j++) {
                struct image_output fast = {.data = fast_memory, .capacity = CAPACITY}, general;
                VipsImage *one, *two;
                double found;

                assert_int_equal(image_process(&requests[j], (struct bytes){file, size}, &fast), 0);
                assert_int_equal(fast.path, j == 0   ? files[i].gray
                                            : j == 1 ? files[i].encoded_gray
                                                     : files[i].other);
                run_general_path(&requests[j], (struct bytes){file, size}, &general);
                one = decode(&fast);
                two = decode(&general);
                found = psnr(one, two);
                if (found < files[i].least)
                    fail_msg("%s, %d bands, request %zu: %.1f dB", files[i].suffix, bands, j,
                             found);
                g_object_unref(one);
                g_object_unref(two);
            }
            g_free(file);
        }
    }
}

/* What an image of `stage` becomes by the fast path and by the general one: dB. */
static double compare_jpeg(const struct image_stage *stage, const char *suffix, int bands,
                           enum image_format format)
{
    struct image_output fast = {.data = fast_memory, .capacity = CAPACITY}, general;
    struct image_request request = with_quality(scale_request(1));
    VipsImage *one, *two;
    uint8_t *file;
    size_t size;
    double found;

    request.stages[0] = *stage;
    request.outputs[0].encoding.format = format;
    file = make_file(suffix, bands, &size);
    assert_int_equal(image_process(&request, (struct bytes){file, size}, &fast), 0);
    assert_int_equal(fast.path, PLANES);
    run_general_path(&request, (struct bytes){file, size}, &general);
    one = decode(&fast);
    two = decode(&general);
    found = psnr(one, two);
    g_object_unref(one);
    g_object_unref(two);
    g_free(file);
    return found;
}

static void compare_parts_and_turns(enum image_format format)
{
    static const char *const suffixes[] = {".jpg[Q=92]", ".jpg[Q=92,subsample_mode=off]",
                                           ".jpg[Q=92,interlace]"};
    static const struct image_crop crop = {.kind = IMAGE_CROP_BOX, .box = {33, 21, 151, 99}};
    /* Not static: clang 14 takes `crop` for no constant. */
    const struct image_stage stages[] = {
        {.crop = crop},
        {.crop = crop, .flip = IMAGE_FLIP_HORIZONTAL},
        {.crop = crop, .width = 60},
        {.crop = crop, .width = 60, .gray = IMAGE_GRAY_LUMA},
        {.width = 60, .height = 60, .fit = IMAGE_FIT_COVER},
        {.width = 33, .height = 90, .fit = IMAGE_FIT_COVER, .rotate = 90},
        {.width = 100, .height = 20, .fit = IMAGE_FIT_COVER, .flip = IMAGE_FLIP_VERTICAL},
        {.width = 101, .rotate = 180},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(stages); j++)
            for (int bands = 1; bands <= 3; bands += 2) {
                const double found = compare_jpeg(&stages[j], suffixes[i], bands, format);

                if (found < 36)
                    fail_msg("%s, %d bands, stage %zu to %s: %.1f dB", suffixes[i], bands, j,
                             image_format_name(format), found);
            }
}

static void test_parts_and_turns_of_a_jpeg(void **state)
{
    (void)state;
    compare_parts_and_turns(IMAGE_JPEG);
}

static void test_a_jpeg_to_webp(void **state)
{
    (void)state;
    compare_parts_and_turns(IMAGE_WEBP);
}

static void test_a_jpeg_to_avif(void **state)
{
    (void)state;
    compare_parts_and_turns(IMAGE_AVIF);
}

static int start(void **state)
{
    (void)state;
    return image_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_path_makes_what_the_general_one_makes),
        cmocka_unit_test(test_parts_and_turns_of_a_jpeg),
        cmocka_unit_test(test_a_jpeg_to_webp),
        cmocka_unit_test(test_a_jpeg_to_avif),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
