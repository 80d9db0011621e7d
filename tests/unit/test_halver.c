/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/core/processor.h"
#include "image/core/simd.h"
#include "image/jpeg/edge.h"
#include "image/jpeg/halver.h"
#include "image/jpeg/idct.h"
#include "image/pixels/lanczos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Halved images: what the filter's formula makes of the samples, nearly; and by every kernel
 * the same. */

enum {
    SIDE_MAX = 160,
    COLUMNS = 37, /* of blocks, for the kernels alone */
    ROW_SHORTS = (COLUMNS + 8) * IDCT_PAIRS_STEP,
    BLOCK_SHORTS = OVERLAP_FREQUENCIES * OVERLAP_POINTS,
};

static uint8_t quantization[64];
static const struct jpeg_component component = {.h = 1, .v = 1, .quantization = quantization};

struct image {
    uint32_t width, height;
    unsigned at_once; /* rows of blocks */
    bool hostile;     /* behind its edges there is anything at all; else what is before them */
    double sample[SIDE_MAX][SIDE_MAX];
};

static int setup(void **state)
{
    (void)state;
    srand(1);
    memset(quantization, 1, sizeof(quantization));
    return 0;
}

static double sample_at(const struct image *image, int y, int x)
{
    const int right = (int)image->width - 1, bottom = (int)image->height - 1;

    if (image->hostile && (y > bottom || x > right))
        return (x + y) % 3 == 0 ? 127 : -128;
    return image->sample[y > bottom ? bottom : y][x > right ? right : x];
}

/* Waves of any direction, and some noise: what is to be seen in a photograph. */
static void draw(struct image *image)
{
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            double value = 40 * sin(x * 0.31 + y * 0.13) + 30 * sin(x * 0.9 - y * 1.1) +
                           x * y / 400.0 + rand() % 9 - 40;

            image->sample[y][x] = round(fmax(-128, fmin(127, value)));
        }
}

static int16_t coefficient(const struct image *image, uint32_t row, uint32_t column, unsigned v,
                           unsigned u)
{
    const struct jpeg_synthesis transform = synthesis_transform(8);
    double sum = 0;

    for (unsigned y = 0; y < 8; y++)
        for (unsigned x = 0; x < 8; x++)
            sum += sample_at(image, (int)(row * 8 + y), (int)(column * 8 + x)) *
                   transform.weight[y][v] * transform.weight[x][u];
    return (int16_t)lrint(sum);
}

static uint32_t blocks(uint32_t length)
{
    return (length + 7) / 8;
}

static void write_block(const struct image *image, const struct idct *idct, uint32_t row,
                        uint32_t column, uint8_t *to, size_t pitch)
{
    int16_t block[IDCT_BLOCK] __attribute__((aligned(32))) = {0};

    for (unsigned k = 0; k <= idct->last; k++)
        block[idct->place[k]] =
            coefficient(image, row, column, idct_natural_order[k] >> 3, idct_natural_order[k] & 7);
    idct_block(idct, block, idct->last, row, column, to, pitch);
}

/* A block at the edge, behind which there is what must not be seen. */
static void write_edge_block(const struct image *image, const struct jpeg_edges *edges,
                             uint32_t row, uint32_t column, uint8_t *to, size_t pitch)
{
    int16_t block[EDGE_BLOCK] __attribute__((aligned(32))) = {0};

    for (unsigned k = 0; k < 64; k++)
        block[k] = coefficient(image, row, column, k / 8, k % 8);
    jpeg_edges_block(edges, block, row, column, to, pitch);
}

/* As a decoder does: whole MCUs, of which some blocks hold no pixels, and then anything at all. */
static void halve(const struct image *image, struct plane *plane)
{
    const uint32_t rows = blocks(image->height), columns = blocks(image->width);
    const uint32_t along_x = image->width % 2 == 1 ? image->width / 2 + 1 : 0;
    const uint32_t along_y = image->height % 2 == 1 ? image->height / 2 + 1 : 0;
    const struct halver_options options = {.columns = columns,
                                           .rows = rows,
                                           .padded_columns = columns + 1,
                                           .rows_at_once = image->at_once,
                                           .along_x = along_x,
                                           .along_y = along_y,
                                           .inside_x = edge_inside(image->width),
                                           .inside_y = edge_inside(image->height)};
    const struct jpeg_span horizontal = jpeg_span_all(image->width, 0),
                           vertical = jpeg_span_all(image->height, 0);
    uint8_t *memory = aligned_alloc(64, (halver_bytes(&options) + 63) & ~(size_t)63), *next;
    struct jpeg_edges edges;
    struct halver halver;
    struct idct idct;

    assert_non_null(memory);
    idct_prepare(&idct, &component, &(struct idct_options){.points = 4, .pairs = true});
    jpeg_edges_prepare(&edges, &idct, &component, &horizontal, &vertical);
    halver_begin(&halver, &options, memory, plane);
    next = halver_take(&halver, 0);
    for (uint32_t row = 0; row < rows; row += image->at_once) {
        for (uint32_t i = 0; i < image->at_once; i++)
            for (uint32_t column = 0; column <= columns; column++) {
                uint8_t *to = next + i * idct.rows * halver.pitch + column * idct.step;

                if (column < jpeg_edges_whole(&edges, row + i).to)
                    write_block(image, &idct, row + i, column, to, halver.pitch);
                else if (jpeg_edges_hold(&edges, row + i, column))
                    write_edge_block(image, &edges, row + i, column, to, halver.pitch);
            }
        next = halver_take(&halver, image->at_once * idct.rows);
    }
    free(memory);
}

static void with_plane(const struct image *image,
                       void check(const struct image *image, const struct plane *plane))
{
    const uint32_t width = blocks(image->width) * 4, height = blocks(image->height) * 4;
    uint8_t *memory = malloc(plane_bytes(width, height));
    struct plane plane;

    assert_non_null(memory);
    plane_place(&plane, memory, width, height);
    halve(image, &plane);
    check(image, &plane);
    free(memory);
}

/* The filter's sum along a line of `length` samples, `of` being one of them. */
static double filtered(unsigned i, uint32_t length, double of(const void *line, int n),
                       const void *line)
{
    const double step = length / ((length + 1) / 2 * 1.0), centre = (i + 0.5) * step - 0.5;
    double sum = 0, weights = 0;

    for (int n = 0; n < (int)length; n++) {
        double weight = lanczos((n - centre) / step);

        sum += weight * of(line, n);
        weights += weight;
    }
    return sum / weights;
}

struct sample_line {
    const struct image *image;
    int y;
    unsigned x; /* of the result */
};

static double of_row(const void *line, int n)
{
    const struct sample_line *row = (const struct sample_line *)line;

    return row->image->sample[row->y][n];
}

static double of_column(const void *line, int n)
{
    struct sample_line row = *(const struct sample_line *)line;

    row.y = n;
    return filtered(row.x, row.image->width, of_row, &row);
}

static void compare_with_formula(const struct image *image, const struct plane *plane)
{
    double square = 0, square_at_edges = 0;
    unsigned count = 0, count_at_edges = 0;

    for (unsigned y = 0; y < (image->height + 1) / 2; y += 3)
        for (unsigned x = 0; x < (image->width + 1) / 2; x++) {
            struct sample_line row = {.image = image, .x = x};
            double want = filtered(y, image->height, of_column, &row) + 128;
            double error = plane->data[y * plane->pitch + x] - fmax(0, fmin(255, want));

            square += error * error;
            count++;
            if (x + 8 >= image->width / 2 || y + 8 >= image->height / 2) {
                square_at_edges += error * error;
                count_at_edges++;
            }
        }
    if (square / count > 1) /* 48 dB; of the blocks alone it is 6 to 34 */
        fail_msg("%ux%u: mean square error %f", image->width, image->height, square / count);
    if (square_at_edges / count_at_edges > 1.1) /* of odd sizes, phases are coarse */
        fail_msg("%ux%u: mean square error at the edges %f", image->width, image->height,
                 square_at_edges / count_at_edges);
}

static void test_it_is_nearly_the_filter(void **state)
{
    static struct image image;

    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        image.width = 150 - i % 8;
        image.height = 136 - i * 3 % 8;
        image.at_once = 1 + i % 4;
        image.hostile = i % 3 != 0;
        draw(&image);
        with_plane(&image, compare_with_formula);
    }
}

static void compare_with_sample(const struct image *image, const struct plane *plane)
{
    for (uint32_t y = 0; y < (image->height + 1) / 2; y++)
        for (uint32_t x = 0; x < (image->width + 1) / 2; x++)
            assert_int_equal(plane->data[y * plane->pitch + x], (int)image->sample[0][0] + 128);
}

/* At every phase, at edges, in images of one block and of one pixel. */
static void test_flat_stays_flat(void **state)
{
    static const uint32_t sizes[][2] = {{1, 1},  {2, 2},   {8, 8},   {9, 7},    {16, 5},
                                        {7, 33}, {64, 48}, {65, 48}, {129, 131}};
    static struct image image;

    (void)state;
    for (unsigned i = 0; i < 256; i += 15)
        for (unsigned n = 0; n < sizeof(sizes) / sizeof(*sizes); n++) {
            image.width = sizes[n][0];
            image.height = sizes[n][1];
            image.at_once = 1 + n % 4;
            for (unsigned y = 0; y < SIDE_MAX; y++)
                for (unsigned x = 0; x < SIDE_MAX; x++)
                    image.sample[y][x] = (int)i - 128;
            with_plane(&image, compare_with_sample);
        }
}

/* Any coefficients at all, as broken files have them, or small ones. */
static void fill(int16_t *values, size_t count, bool small)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (int16_t)(small ? rand() % 400 - 200 : rand() % 3 == 0 ? INT16_MIN : rand());
}

/* The results of the kernels on the same rows of blocks. */
struct filtered_rows {
    int16_t pairs[(COLUMNS + 8) * BLOCK_SHORTS];
    uint8_t samples[OVERLAP_POINTS][(COLUMNS + 8) * OVERLAP_POINTS];
};

static void filter(const struct halver_kernels *kernels, struct halver *halver,
                   int16_t rows[HALVER_PAIRS][ROW_SHORTS], const struct halver_vertical *weights,
                   struct filtered_rows *to)
{
    const uint8_t *pairs[HALVER_PAIRS];

    for (unsigned i = 0; i < HALVER_PAIRS; i++)
        pairs[i] = (const uint8_t *)rows[i];
    halver->filter.filtered = to->pairs;
    kernels->vertical(&halver->filter, pairs, weights);
    kernels->horizontal(&halver->filter, to->samples[0], sizeof(to->samples[0]));
}

static void compare_with_plain(const struct halver_kernels *kernels)
{
    static int16_t rows[HALVER_PAIRS][ROW_SHORTS];
    static struct filtered_rows plain, ours;
    const struct halver_options options = {.columns = COLUMNS,
                                           .rows = 9,
                                           .padded_columns = COLUMNS,
                                           .rows_at_once = 1,
                                           .along_x = COLUMNS * 4 - 1,
                                           .inside_x = 8,
                                           .inside_y = 8};
    uint8_t *memory = aligned_alloc(64, (halver_bytes(&options) + 63) & ~(size_t)63);
    struct halver halver;

    assert_non_null(memory);
    halver_begin(&halver, &options, memory, NULL);
    for (unsigned i = 0; i < 100; i++) {
        struct halver_vertical weights;

        fill(&rows[0][0], sizeof(rows) / sizeof(rows[0][0]), i % 2 == 0);
        fill(&weights.weight[0][0][0], sizeof(weights) / sizeof(int16_t), true);
        filter(&halver_kernels_plain, &halver, rows, &weights, &plain);
        filter(kernels, &halver, rows, &weights, &ours);
        assert_memory_equal(plain.pairs + BLOCK_SHORTS, ours.pairs + BLOCK_SHORTS,
                            COLUMNS * BLOCK_SHORTS * sizeof(int16_t));
        for (unsigned y = 0; y < OVERLAP_POINTS; y++)
            assert_memory_equal(plain.samples[y], ours.samples[y], COLUMNS * OVERLAP_POINTS);
    }
    free(memory);
}

static void test_every_kernel_does_the_same(void **state)
{
    (void)state;
#if SIMD_X86
    if (processor_has_avx2())
        compare_with_plain(&halver_kernels_avx2);
    if (processor_has_vnni())
        compare_with_plain(&halver_kernels_vnni);
#endif
    compare_with_plain(&halver_kernels_plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_nearly_the_filter),
        cmocka_unit_test(test_flat_stays_flat),
        cmocka_unit_test(test_every_kernel_does_the_same),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
