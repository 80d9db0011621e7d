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
    for (uint32_t y = 0, rows; y < options->vertical.length; y += rows) {
        rows = 1 + y * 7 % REDUCER_ROWS_MAX;
        rows = rows > options->vertical.length - y ? options->vertical.length - y : rows;
        for (uint32_t row = 0; row < rows; row++)
            memcpy(next + row * reducer.pitch, source[y + row],
                   options->horizontal.length * sizeof(int16_t));
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

/* Sample i of the result, from a row or column of samples `stride` apart (reducer_taps.h). */
static double filtered(const double *samples, size_t stride, const struct reducer_axis *axis,
                       uint32_t i)
{
    const double width = fmax(axis->step, 1);
    double centre = axis->start + (i + 0.5) * axis->step, sum = 0, weights = 0;
    double begin = -(axis->head * axis->edge_size);

    for (uint32_t n = 0; n < axis->length; n++) {
        bool edge = n < axis->head || n >= axis->length - axis->tail;
        double whole = edge ? axis->edge_size : 1;
        double from = begin + (n == 0 ? whole * axis->cut_head : 0);
        double to = begin + whole - (n + 1 == axis->length ? whole * axis->cut_tail : 0);
        double weight = lanczos(((from + to) / 2 - centre) / width) * (to - from);

        begin += whole;
        sum += weight * samples[n * stride];
        weights += weight;
    }
    return sum / weights;
}

static void compare_with_formula(const struct reducer_options *options, const struct plane *plane)
{
    static double vertical[TO_MAX][WIDTH], samples[HEIGHT][WIDTH];
    const struct reducer_axis *row = &options->horizontal, *column = &options->vertical;

    for (uint32_t y = 0; y < column->length; y++)
        for (uint32_t x = 0; x < row->length; x++)
            samples[y][x] = source[y][x] / 64.0;
    for (uint32_t y = 0; y < column->to; y++)
        for (uint32_t x = 0; x < row->length; x++)
            vertical[y][x] = filtered(&samples[0][x], WIDTH, column, y);
    for (uint32_t y = 0; y < column->to; y++)
        for (uint32_t x = 0; x < row->to; x++) {
            double wanted = filtered(vertical[y], 1, row, x) + 128;
            uint8_t found = options->transposed ? plane->data[x * plane->pitch + y]
                                                : plane->data[y * plane->pitch + x];

            assert_true(fabs(found - fmax(0, fmin(255, wanted))) < 0.8);
        }
}

static struct plane new_plane(const struct reducer_options *options)
{
    const uint32_t columns = options->horizontal.to, rows = options->vertical.to;
    uint32_t width = options->transposed ? rows : columns;
    uint32_t height = options->transposed ? columns : rows;
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

static struct reducer_axis axis_of(uint32_t length, uint32_t to)
{
    return (struct reducer_axis){.length = length, .to = to, .step = (double)length / to};
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

            check(&(struct reducer_options){.horizontal = axis_of(size[0], size[2]),
                                            .vertical = axis_of(size[1], size[3]),
                                            .padded_width = size[0],
                                            .transposed = transposed == 1});
        }
}

/* An axis with edges of any length, of which the result begins anywhere. */
static struct reducer_axis edged_axis(uint32_t length, uint32_t to, unsigned i)
{
    struct reducer_axis axis = {
        .length = length,
        .to = to,
        .head = i * 3 % 9,
        .tail = i * 5 % 9,
        .edge_size = (1 + i % 7) / 8.0,
        .cut_head = i / 2 % 3 / 4.0,
        .cut_tail = i % 4 / 4.0,
    };
    double size = length - axis.head - axis.tail + axis.tail * axis.edge_size;

    axis.step = size / to;
    axis.start = (i % 5 - 2.0) / 4 * axis.step;
    return axis;
}

/* As of a part of a JPEG that begins and ends within blocks: there samples are pixels, and less
 * than a first or last one is. */
static void test_samples_at_edges_count_for_less(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64; i++)
        check(&(struct reducer_options){.horizontal = edged_axis(150, 1 + i * 37 % 120, i),
                                        .vertical = edged_axis(130, 1 + i * 29 % 90, i / 3),
                                        .padded_width = 150,
                                        .transposed = i % 2 == 1});
}

/* Chroma of half the size, to full size, between its own samples; and moved by half a sample. */
static void test_more_samples(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        const double step = i % 2 == 0 ? 0.5 : 1;
        const struct reducer_axis horizontal = {
            .length = 60, .to = 59 / step, .step = step, .start = i / 4.0 - 1};
        const struct reducer_axis vertical = {
            .length = 50, .to = 50 / step, .step = step, .start = -0.5};

        check(&(struct reducer_options){
            .horizontal = horizontal, .vertical = vertical, .padded_width = 60});
    }
}

/* However many samples become one: rounding them one by one would add up. */
static void test_flat_stays_flat(void **state)
{
    enum { LENGTH = 8000, ROWS = 40 };
    const struct reducer_options options = {
        .horizontal = axis_of(LENGTH, 3), .vertical = axis_of(ROWS, 1), .padded_width = LENGTH};
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
        cmocka_unit_test(test_samples_at_edges_count_for_less),
        cmocka_unit_test(test_more_samples),
        cmocka_unit_test(test_flat_stays_flat),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
