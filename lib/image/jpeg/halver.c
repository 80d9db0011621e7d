/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/halver.h"

#include "image/core/processor.h"
#include "image/core/simd.h"

#include <math.h>
#include <string.h>

/* --- weights ------------------------------------------------------------------------------------
 */

enum { BLOCK = 8, EDGES = 2 * 2 * BLOCK };

/* An index for a combination of pixels: whether there is a block before, and how many pixels there
 * are in the block and behind it. */
static unsigned edge_of(const struct overlap_pixels *pixels)
{
    const unsigned end = pixels->behind > 0 ? BLOCK + pixels->behind - 1 : pixels->own - 1;

    return (pixels->before > 0 ? 2 * BLOCK : 0) + end;
}

/* Computed when first needed, and kept. */
static const struct halver_vertical *find_vertical_weights(unsigned phase,
                                                           const struct overlap_pixels *pixels)
{
    static struct halver_vertical found[SYNTHESIS_PHASES + 1][EDGES];
    static bool is_found[SYNTHESIS_PHASES + 1][EDGES];
    const unsigned edge = edge_of(pixels);
    struct halver_vertical *vertical = &found[phase][edge];
    struct overlap_weights weights[OVERLAP_POINTS];

    if (is_found[phase][edge])
        return vertical;
    synthesis_overlap(phase, pixels, weights);
    for (unsigned y = 0; y < OVERLAP_POINTS; y++)
        for (unsigned n = 0; n < 3 * OVERLAP_FREQUENCIES; n++) {
            const unsigned u = n % OVERLAP_FREQUENCIES;
            const double weight = n < OVERLAP_FREQUENCIES       ? weights[y].before[u]
                                  : n < 2 * OVERLAP_FREQUENCIES ? weights[y].own[u]
                                                                : weights[y].behind[u];

            vertical->weight[y][n / 2][n % 2] = (int16_t)lrint(weight * (1 << HALVER_WEIGHT_BITS));
        }
    is_found[phase][edge] = true;
    return vertical;
}

/* Around block number `at` of `blocks`, the last of which has `inside` pixels. */
static struct overlap_pixels pixels_around(uint32_t at, uint32_t blocks, unsigned inside)
{
    return (struct overlap_pixels){
        .before = at == 0 ? 0 : BLOCK,
        .own = at + 1 == blocks ? inside : BLOCK,
        .behind = at + 1 == blocks   ? 0
                  : at + 2 == blocks ? inside
                                     : BLOCK,
    };
}

static void set_horizontal(struct halver_horizontal *horizontal, unsigned phase,
                           const struct overlap_pixels *pixels)
{
    const struct halver_vertical *vertical = find_vertical_weights(phase, pixels);

    for (unsigned i = 0; i < HALVER_PAIRS; i++)
        for (unsigned x = 0; x < OVERLAP_POINTS; x++)
            for (unsigned y = 0; y < OVERLAP_POINTS; y++)
                memcpy(horizontal->weight[i][x / 2][x % 2][y], vertical->weight[x][i],
                       sizeof(vertical->weight[x][i]));
}

enum { WEIGHTS_AT_EDGES = 3 }; /* sets of horizontal weights */

static unsigned count_phases(const struct halver_options *options)
{
    return options->along_x == 0 ? 1 : SYNTHESIS_PHASES + 1;
}

/* The weights of one block at an edge. */
static const struct halver_horizontal *set_edge(const struct halver *halver,
                                                struct halver_horizontal *weights, uint32_t column,
                                                unsigned inside)
{
    const struct overlap_pixels pixels = pixels_around(column, halver->filter.columns, inside);

    set_horizontal(weights, idct_phase_at(&halver->filter.phase, column), &pixels);
    return weights;
}

static void begin_horizontal(struct halver *halver, struct halver_horizontal *weights,
                             unsigned phases, unsigned inside)
{
    const struct overlap_pixels whole = {BLOCK, BLOCK, BLOCK};
    const uint32_t last = halver->filter.columns - 1;

    halver->filter.weights = weights;
    for (unsigned phase = 0; phase < phases; phase++)
        set_horizontal(weights++, phase, &whole);
    halver->filter.first = set_edge(halver, weights++, 0, inside);
    halver->filter.next_to_last = set_edge(halver, weights++, last > 0 ? last - 1 : 0, inside);
    halver->filter.last = set_edge(halver, weights, last, inside);
}

/* --- memory -------------------------------------------------------------------------------------
 */

/* With room beyond the end: blocks are written and read in whole vectors. */
static size_t pairs_row_bytes(const struct halver_options *options)
{
    return plane_aligned((size_t)options->padded_columns * HALVER_STEP + 128);
}

/* A block before the first, one behind the last, and one to make the number even. */
static size_t filtered_row_bytes(const struct halver_options *options)
{
    const size_t block = OVERLAP_FREQUENCIES * OVERLAP_POINTS * sizeof(int16_t);

    return plane_aligned(((size_t)options->padded_columns + 3) * block + 128);
}

/* The rows of blocks that go in at once and two before them, rounded up to a multiple. */
static unsigned choose_ring(unsigned at_once)
{
    return (at_once + 2 + at_once - 1) / at_once * at_once;
}

size_t halver_bytes(const struct halver_options *options)
{
    return sizeof(struct halver_horizontal) * (count_phases(options) + WEIGHTS_AT_EDGES) +
           pairs_row_bytes(options) * IDCT_PAIRS_ROWS * choose_ring(options->rows_at_once) +
           filtered_row_bytes(options);
}

static const struct halver_kernels *choose_halver_kernels(void)
{
#if SIMD_X86
    if (processor_has_vnni())
        return &halver_kernels_vnni;
    if (processor_has_avx2())
        return &halver_kernels_avx2;
#endif
    return &halver_kernels_plain;
}

void halver_begin(struct halver *halver, const struct halver_options *options, uint8_t *memory,
                  struct plane *to)
{
    const unsigned phases = count_phases(options);
    struct halver_horizontal *weights = (struct halver_horizontal *)(void *)memory;

    *halver = (struct halver){
        .kernels = choose_halver_kernels(),
        .filter = {.columns = options->columns,
                   .phase = idct_find_phase(OVERLAP_POINTS, options->along_x)},
        .rows = options->rows,
        .phase = idct_find_phase(OVERLAP_POINTS, options->along_y),
        .pitch = pairs_row_bytes(options),
        .ring = choose_ring(options->rows_at_once),
        .inside = options->inside_y,
        .to = to,
    };
    begin_horizontal(halver, weights, phases, options->inside_x);
    memory += sizeof(*weights) * (phases + WEIGHTS_AT_EDGES);
    halver->bands = memory;
    memory += halver->pitch * IDCT_PAIRS_ROWS * halver->ring;
    halver->filter.filtered = (int16_t *)(void *)memory;
}

/* --- at work ------------------------------------------------------------------------------------
 */

static uint8_t *band_at(const struct halver *halver, uint32_t row)
{
    return halver->bands + row % halver->ring * IDCT_PAIRS_ROWS * halver->pitch;
}

/* Makes four rows of the plane from a row of blocks whose neighbours are there. Without a neighbour
 * the row itself stands in, with weights of 0. */
static void finish_block_row(struct halver *halver, uint32_t row)
{
    const struct overlap_pixels pixels = pixels_around(row, halver->rows, halver->inside);
    const uint8_t *before = band_at(halver, pixels.before == 0 ? row : row - 1);
    const uint8_t *own = band_at(halver, row);
    const uint8_t *behind = band_at(halver, pixels.behind == 0 ? row : row + 1);
    const uint8_t *rows[HALVER_PAIRS];

    for (unsigned i = 0; i < IDCT_PAIRS_ROWS; i++) {
        rows[i] = before + i * halver->pitch;
        rows[i + IDCT_PAIRS_ROWS] = own + i * halver->pitch;
        rows[i + 2 * IDCT_PAIRS_ROWS] = behind + i * halver->pitch;
    }
    halver->kernels->vertical(&halver->filter, rows,
                              find_vertical_weights(idct_phase_at(&halver->phase, row), &pixels));
    halver->kernels->horizontal(&halver->filter,
                                halver->to->data + (size_t)row * OVERLAP_POINTS * halver->to->pitch,
                                halver->to->pitch);
}

uint8_t *halver_take(struct halver *halver, uint32_t rows)
{
    const uint32_t end = halver->taken + rows / IDCT_PAIRS_ROWS;

    for (; halver->taken < end; halver->taken++) {
        if (halver->taken > 0 && halver->taken < halver->rows)
            finish_block_row(halver, halver->taken - 1);
        if (halver->taken + 1 == halver->rows)
            finish_block_row(halver, halver->taken);
    }
    return band_at(halver, halver->taken);
}
