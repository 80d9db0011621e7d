/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/core/simd.h"
#include "image/jpeg/idct.h"
#include "image/jpeg/idct_narrow_kernels.h"
#include "image/jpeg/idct_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The transforms against the formula in double precision, and what reduces against what it
 * promises. */

enum { PITCH = 64, BLOCKS = 2000 };

static uint8_t quantization[64];

static const struct jpeg_component component = {.h = 1, .v = 1, .quantization = quantization};

static int setup(void **state)
{
    (void)state;
    srand(1);
    for (unsigned k = 0; k < 64; k++)
        quantization[k] = (uint8_t)(1 + k / 2);
    return 0;
}

/* A block as photographs have them: the higher the frequency, the smaller. */
static void make_block(int16_t zigzag[64], unsigned last)
{
    memset(zigzag, 0, 64 * sizeof(*zigzag));
    for (unsigned k = 0; k <= last; k++) {
        int range = 600 / (int)(1 + k * k / 2) / quantization[k] + 1;

        zigzag[k] = (int16_t)(rand() % (2 * range + 1) - range);
    }
}

/* By vertical and horizontal weights. */
static double expected(const struct jpeg_synthesis *vertical,
                       const struct jpeg_synthesis *horizontal, const int16_t zigzag[64],
                       unsigned y, unsigned x)
{
    double sum = 0;

    for (unsigned k = 0; k < 64; k++)
        sum += zigzag[k] * quantization[k] * vertical->weight[y][idct_natural_order[k] >> 3] *
               horizontal->weight[x][idct_natural_order[k] & 7];
    return sum;
}

static double sample_at(const uint8_t *rows, unsigned y, unsigned x, bool deep)
{
    int16_t sample;

    if (!deep)
        return rows[y * PITCH + x];
    memcpy(&sample, rows + y * PITCH + x * sizeof(sample), sizeof(sample));
    return sample / 64.0;
}

struct place { /* of a block, and the phases that it is to have */
    uint32_t row, column;
    unsigned vertical, horizontal;
};

static void compare(const struct idct *idct, const int16_t zigzag[64], unsigned last,
                    const struct place *place)
{
    const struct jpeg_synthesis transform = synthesis_transform(idct->points);
    const struct jpeg_synthesis *vertical =
        idct->deep ? &transform : synthesis_reduction(idct->points, place->vertical);
    const struct jpeg_synthesis *horizontal =
        idct->deep ? &transform : synthesis_reduction(idct->points, place->horizontal);
    int16_t block[IDCT_BLOCK] __attribute__((aligned(32))) = {0};
    uint8_t rows[8 * PITCH];

    for (unsigned k = 0; k <= idct->last; k++)
        block[idct->place[k]] = zigzag[k];
    idct_block(idct, block, last < idct->last ? last : idct->last, place->row, place->column, rows,
               PITCH);
    for (unsigned y = 0; y < idct->points; y++)
        for (unsigned x = 0; x < idct->points; x++) {
            double want = expected(vertical, horizontal, zigzag, y, x);

            want = idct->deep ? fmax(-128, fmin(127, want)) : fmax(0, fmin(255, want + 128));
            if (fabs(sample_at(rows, y, x, idct->deep) - want) > (idct->deep ? 0.05 : 0.55))
                fail_msg("%u points, deep %d, at %u, %u: %f, not %f", idct->points, idct->deep, y,
                         x, sample_at(rows, y, x, idct->deep), want);
        }
}

static void test_every_size_is_as_the_formula(void **state)
{
    (void)state;
    for (unsigned points = 1; points <= 8; points++)
        for (unsigned deep = 0; deep < 2; deep++) {
            const struct idct_options options = {.points = points, .deep = deep == 1};
            struct idct idct;

            idct_prepare(&idct, &component, &options);
            for (unsigned i = 0; i < BLOCKS; i++) {
                unsigned last = i % 4 == 0 ? 0 : (unsigned)rand() % 64;
                int16_t zigzag[64];

                make_block(zigzag, last);
                compare(&idct, zigzag, last, &(struct place){.row = i, .column = i});
            }
        }
}

/* 1001 samples become 501, 125 blocks: the sixteen phases one after the other. */
static void test_samples_of_odd_sizes_lie_before_their_blocks(void **state)
{
    const struct idct_options options = {.points = 4, .along_x = 501, .along_y = 0};
    struct idct idct;

    (void)state;
    idct_prepare(&idct, &component, &options);
    for (uint32_t column = 0; column < 128; column++) {
        const double middle = (4 * column + 2) * 16 / 501.0;
        const struct place place = {
            .row = 99, .column = column, .horizontal = middle < 15 ? 1 + (unsigned)middle : 16};
        int16_t zigzag[64];

        make_block(zigzag, 30);
        compare(&idct, zigzag, 30, &place);
    }
}

/* Phases move a ramp of 1 a sample by as much as they say. */
static void test_phases_move_samples(void **state)
{
    (void)state;
    for (unsigned phase = 1; phase <= SYNTHESIS_PHASES; phase++) {
        const struct jpeg_synthesis *moved = synthesis_reduction(4, phase);
        const struct jpeg_synthesis *still = synthesis_reduction(4, 0);

        for (unsigned x = 1; x < 3; x++) { /* inside, where nothing need be guessed */
            double distance = 0;

            for (unsigned u = 1; u < 4; u++)
                for (unsigned i = 0; i < 8; i++)
                    distance += (still->weight[x][u] - moved->weight[x][u]) * i *
                                synthesis_transform(8).weight[i][u];
            assert_true(fabs(distance - (phase - 0.5) / SYNTHESIS_PHASES) < 0.2);
        }
    }
}

/* Broken files have such: any coefficients at all. */
static void make_broken_block(int16_t block[IDCT_BLOCK], unsigned i)
{
    for (unsigned n = 0; n < IDCT_BLOCK; n++)
        block[n] = (int16_t)(i % 2 == 0 ? rand() : (rand() & 1 ? INT16_MAX : INT16_MIN));
}

static void test_any_coefficients_do(void **state)
{
    uint8_t rows[8 * PITCH];
    int16_t block[IDCT_BLOCK] __attribute__((aligned(32)));

    (void)state;
    for (unsigned points = 1; points <= 8; points++)
        for (unsigned i = 0; i < 200; i++) {
            struct idct idct;

            idct_prepare(&idct, &component,
                         &(struct idct_options){.points = points, .deep = i % 4 < 2});
            make_broken_block(block, i);
            idct_block(&idct, block, i % 3 == 0 ? 0 : idct.last, i, i, rows, PITCH);
        }
}

/* The weights of one phase do for all of them. */
static void narrow_plainly(const struct idct *idct, const int16_t *block, unsigned phase,
                           uint8_t *to)
{
    const struct idct_weights *weights = idct->narrow.weights;

    idct_narrow_plain(idct, &weights[phase], &weights[phase / 2], block, to, PITCH);
}

static void narrow(const struct idct *idct, const int16_t *block, unsigned phase, uint8_t *to)
{
#if SIMD_X86
    const struct idct_weights *weights = idct->narrow.weights;

    idct_narrow_sse2(idct, &weights[phase], &weights[phase / 2], block, to, PITCH);
#else
    narrow_plainly(idct, block, phase, to);
#endif
}

static void test_every_narrow_kernel_does_the_same(void **state)
{
    (void)state;
    for (unsigned points = 2; points <= 4; points++)
        for (unsigned i = 0; i < BLOCKS; i++) {
            uint8_t rows[4 * PITCH], plain[4 * PITCH];
            int16_t block[IDCT_BLOCK] __attribute__((aligned(32)));
            const bool deep = i % 4 < 2, phases = points == 4 && !deep;
            const unsigned phase = phases ? i % (SYNTHESIS_PHASES + 1) : 0;
            struct idct idct;

            idct_prepare(&idct, &component,
                         &(struct idct_options){.points = points,
                                                .deep = deep,
                                                .along_x = phases ? 99 : 0,
                                                .along_y = phases ? 77 : 0});
            make_broken_block(block, i);
            for (unsigned n = 0; i % 8 < 4 && n < IDCT_BLOCK; n++)
                block[n] = (int16_t)(block[n] % 200);
            narrow(&idct, block, phase, rows);
            narrow_plainly(&idct, block, phase, plain);
            for (unsigned y = 0; y < points; y++)
                assert_memory_equal(rows + y * PITCH, plain + y * PITCH, points * (deep ? 2U : 1U));
        }
}

/* A block of nothing but a DC coefficient has a path of its own. */
static void test_flat_blocks_are_as_the_kernels_make_them(void **state)
{
    (void)state;
    for (unsigned points = 1; points <= 4; points++)
        for (int dc = INT16_MIN; dc <= INT16_MAX; dc += 7) {
            uint8_t rows[4 * PITCH], plain[4 * PITCH];
            const int16_t block[IDCT_BLOCK] = {(int16_t)dc};
            const bool deep = dc & 1;
            struct idct idct;

            idct_prepare(&idct, &component, &(struct idct_options){.points = points, .deep = deep});
            idct_narrow_block(&idct, block, 0, 0, 0, rows, PITCH);
            narrow_plainly(&idct, block, 0, plain);
            for (unsigned y = 0; y < points; y++)
                assert_memory_equal(rows + y * PITCH, plain + y * PITCH, points * (deep ? 2U : 1U));
        }
}

/* Halves go to the even number in both. */
static void test_rows_of_samples_are_stored_alike(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BLOCKS; i++) {
        const bool deep = i % 2 == 0;
        idct_half low, high;
        uint8_t row[16], plain[16];

        for (unsigned x = 0; x < 4; x++) {
            low[x] = (float)(rand() % 80000 - 40000) / (float)(1 + i % 64);
            high[x] = (float)(rand() % 800 - 200) / 2;
        }
        store_row(&low, &high, row, deep);
        store_row_plain(&low, &high, plain, deep);
        assert_memory_equal(row, plain, deep ? 16 : 8);
    }
}

static void test_reducing_by_nothing_is_the_transform(void **state)
{
    const struct jpeg_synthesis *reduction = synthesis_reduction(8, 0);
    const struct jpeg_synthesis transform = synthesis_transform(8);

    (void)state;
    for (unsigned x = 0; x < 8; x++)
        for (unsigned u = 0; u < 8; u++)
            assert_true(fabs(reduction->weight[x][u] - transform.weight[x][u]) < 1e-9);
}

/* What is flat stays exactly as it is, and what is mirrored comes out mirrored. */
static void test_reductions_are_even(void **state)
{
    (void)state;
    for (unsigned points = 1; points <= 8; points++) {
        const struct jpeg_synthesis *reduction = synthesis_reduction(points, 0);

        assert_int_equal(reduction->points, points);
        for (unsigned x = 0; x < points; x++) {
            assert_true(fabs(reduction->weight[x][0] - sqrt(1 / 8.0)) < 1e-12);
            for (unsigned u = 0; u < reduction->frequencies; u++) {
                double mirrored = reduction->weight[points - 1 - x][u] * (u % 2 == 0 ? 1 : -1);

                assert_true(fabs(reduction->weight[x][u] - mirrored) < 1e-9);
            }
        }
    }
}

/* A ramp goes on as a ramp: samples of the result lie where the filter puts them, no half beside.
 */
static void test_a_ramp_keeps_its_place(void **state)
{
    (void)state;
    for (unsigned points = 2; points <= 8; points++) {
        const struct jpeg_synthesis *reduction = synthesis_reduction(points, 0);

        for (unsigned x = 0; x < points; x++) {
            double place = 0;

            for (unsigned u = 1; u < reduction->frequencies; u++)
                for (unsigned i = 0; i < 8; i++)
                    place +=
                        reduction->weight[x][u] * (i - 3.5) * synthesis_transform(8).weight[i][u];
            /* Near its edge a block cannot know how the ramp goes on. */
            assert_true(fabs(place - ((x + 0.5) * 8 / points - 4)) < 0.35);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_is_as_the_formula),
        cmocka_unit_test(test_samples_of_odd_sizes_lie_before_their_blocks),
        cmocka_unit_test(test_phases_move_samples),
        cmocka_unit_test(test_any_coefficients_do),
        cmocka_unit_test(test_every_narrow_kernel_does_the_same),
        cmocka_unit_test(test_flat_blocks_are_as_the_kernels_make_them),
        cmocka_unit_test(test_rows_of_samples_are_stored_alike),
        cmocka_unit_test(test_reducing_by_nothing_is_the_transform),
        cmocka_unit_test(test_reductions_are_even),
        cmocka_unit_test(test_a_ramp_keeps_its_place),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
