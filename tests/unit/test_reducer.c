/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/reducer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reduced planes: by every kernel the same, and what the filter's formula makes of the samples. */

enum { WIDTH = 211, HEIGHT = 157, TO_MAX = 211 };

static int16_t source[HEIGHT][WIDTH];

/* Edges, noise and flat parts, to both ends of the range. */
static int setup(void **state)
{
    (void)state;
    srand(1);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int value = x < 70 ? (x / 9 + y / 7) % 2 * 255 : x < 140 ? rand() % 256 : y;

            source[y][x] = (int16_t)((value - 128) * (1 << REDUCER_FRACTION_BITS));
        }
    return 0;
}

/* By these kernels; NULL: those that are chosen. */
static void reduce(const struct reducer_options *options, const struct reducer_kernels *kernels,
                   struct plane *plane)
{
    uint8_t *memory = aligned_alloc(64, (reducer_bytes(options) + 63) & ~(size_t)63);
    struct reducer reducer;
    uint8_t *next;

    assert_non_null(memory);
    reducer_begin(&reducer, options, memory, plane);
    if (kernels != NULL)
        reducer.kernels = kernels;
    next = reducer_take(&reducer, 0);
    for (uint32_t y = 0, rows; y < options->height; y += rows) {
        rows = 1 + y * 7 % REDUCER_ROWS_MAX;
        rows = rows > options->height - y ? options->height - y : rows;
        for (uint32_t row = 0; row < rows; row++)
            memcpy(next + row * reducer.pitch, source[y + row], options->width * sizeof(int16_t));
        next = reducer_take(&reducer, rows);
    }
    free(memory);
}

static double lanczos(double x)
{
    if (x == 0)
        return 1;
    return fabs(x) >= 3 ? 0 : 3 * sin(M_PI * x) * sin(M_PI * x / 3) / (M_PI * M_PI * x * x);
}

/* A row or column of samples, `stride` apart, of which the last ones are smaller
 * (pixels/reducer.h). */
struct line {
    size_t stride;
    uint32_t length, tail;
    double tail_size, cut, step;
};

/* Sample i of the result. */
static double filtered(const double *samples, const struct line *line, uint32_t i)
{
    const size_t stride = line->stride;
    double centre = (i + 0.5) * line->step, begin = 0, sum = 0, weights = 0;

    for (uint32_t n = 0; n < line->length; n++) {
        double whole = n < line->length - line->tail ? 1 : line->tail_size;
        double size = n + 1 < line->length ? whole : whole * (1 - line->cut);
        double weight = lanczos((begin + size / 2 - centre) / line->step) * size;

        begin += size;
        sum += weight * samples[n * stride];
        weights += weight;
    }
    return sum / weights;
}

static void compare_with_formula(const struct reducer_options *options, const struct plane *plane)
{
    static double vertical[TO_MAX][WIDTH], samples[HEIGHT][WIDTH];
    const struct line row = {
        1, options->width, options->tail_x, options->tail_size, options->cut_x, options->step_x};
    const struct line column = {WIDTH,           options->height,
                                options->tail_y, options->tail_size,
                                options->cut_y,  options->step_y};

    for (uint32_t y = 0; y < options->height; y++)
        for (uint32_t x = 0; x < options->width; x++)
            samples[y][x] = source[y][x] / 64.0;
    for (uint32_t y = 0; y < options->to_height; y++)
        for (uint32_t x = 0; x < options->width; x++)
            vertical[y][x] = filtered(&samples[0][x], &column, y);
    for (uint32_t y = 0; y < options->to_height; y++)
        for (uint32_t x = 0; x < options->to_width; x++) {
            double wanted = filtered(vertical[y], &row, x) + 128;
            uint8_t found = options->transposed ? plane->data[x * plane->pitch + y]
                                                : plane->data[y * plane->pitch + x];

            assert_true(fabs(found - fmax(0, fmin(255, wanted))) < 0.8);
        }
}

static struct plane new_plane(const struct reducer_options *options)
{
    uint32_t width = options->transposed ? options->to_height : options->to_width;
    uint32_t height = options->transposed ? options->to_width : options->to_height;
    struct plane plane;
    uint8_t *memory = calloc(1, plane_bytes(width, height));

    assert_non_null(memory);
    plane_place(&plane, memory, width, height);
    return plane;
}

static void check(const struct reducer_options *options)
{
    struct plane ours = new_plane(options), plain = new_plane(options);

    reduce(options, NULL, &ours);
    reduce(options, &reducer_kernels_plain, &plain);
    for (uint32_t y = 0; y < ours.height; y++)
        assert_memory_equal(ours.data + y * ours.pitch, plain.data + y * plain.pitch, ours.width);
    compare_with_formula(options, &ours);
    free(ours.data);
    free(plain.data);
}

static void test_every_size_by_every_kernel(void **state)
{
    static const uint32_t sizes[][4] = {{211, 157, 105, 78}, {211, 157, 211, 157}, {211, 157, 7, 5},
                                        {211, 157, 1, 1},    {33, 40, 31, 39},     {1, 157, 1, 50},
                                        {211, 2, 80, 1},     {16, 16, 3, 11},      {5, 3, 2, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (unsigned transposed = 0; transposed < 2; transposed++) {
            const uint32_t *size = sizes[i];

            check(&(struct reducer_options){.width = size[0],
                                            .height = size[1],
                                            .padded_width = size[0],
                                            .to_width = size[2],
                                            .to_height = size[3],
                                            .step_x = (double)size[0] / size[2],
                                            .step_y = (double)size[1] / size[3],
                                            .transposed = transposed == 1});
        }
}

/* As of a JPEG whose last blocks are not full: there samples are pixels, and less than a last one
 * is. */
static void test_a_tail_counts_for_less(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        const unsigned tail_x = i % 9, tail_y = i * 5 % 9, to_width = 1 + i * 37 % 120;
        const double size = (1 + i % 7) / 8.0, cut_x = i % 4 / 4.0, cut_y = i / 4 % 4 / 4.0;
        const double width = 150 - tail_x + (tail_x > 0 ? tail_x * size : 0);
        const double height = 130 - tail_y + (tail_y > 0 ? tail_y * size : 0);

        check(&(struct reducer_options){.width = 150,
                                        .height = 130,
                                        .tail_x = tail_x,
                                        .tail_y = tail_y,
                                        .tail_size = size,
                                        .cut_x = cut_x,
                                        .cut_y = cut_y,
                                        .padded_width = 150,
                                        .to_width = to_width,
                                        .to_height = 1 + i * 29 % 90,
                                        .step_x = width / to_width,
                                        .step_y = height / (1 + i * 29 % 90),
                                        .transposed = i % 2 == 1});
    }
}

/* However many samples become one: rounding them one by one would add up. */
static void test_flat_stays_flat(void **state)
{
    enum { LENGTH = 8000, ROWS = 40 };
    const struct reducer_options options = {.width = LENGTH,
                                            .height = ROWS,
                                            .padded_width = LENGTH,
                                            .to_width = 3,
                                            .to_height = 1,
                                            .step_x = LENGTH / 3.0,
                                            .step_y = ROWS};
    uint8_t *memory = aligned_alloc(64, (reducer_bytes(&options) + 63) & ~(size_t)63);
    struct plane plane = new_plane(&options);

    (void)state;
    assert_non_null(memory);
    for (int value = 0; value < 256; value += 5) {
        struct reducer reducer;
        uint8_t *next;

        reducer_begin(&reducer, &options, memory, &plane);
        next = reducer_take(&reducer, 0);
        for (size_t y = 0; y < ROWS; y++)
            for (size_t x = 0; x < LENGTH; x++)
                ((int16_t *)(void *)(next + y * reducer.pitch))[x] = (int16_t)((value - 128) * 64);
        reducer_take(&reducer, ROWS);
        for (unsigned x = 0; x < 3; x++)
            assert_int_equal(plane.data[x], value);
    }
    free(plane.data);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_by_every_kernel),
        cmocka_unit_test(test_a_tail_counts_for_less),
        cmocka_unit_test(test_flat_stays_flat),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
