/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/halver.h"

#include <math.h>
#include <string.h>

/* --- weights ------------------------------------------------------------------------------------
 */

enum { BLOCK = 8, EDGES = 2 * 2 * BLOCK };

/* The number of a combination of pixels: there is something before the block, or not; all of the
 * block and that many pixels behind it; or only part of it, or nothing behind. */
static unsigned edge_of(const struct overlap_pixels *pixels)
{
    const unsigned end = pixels->behind > 0 ? BLOCK + pixels->behind - 1 : pixels->own - 1;

    return (pixels->before > 0 ? 2 * BLOCK : 0) + end;
}

/* Found once, when they are needed. */
static const struct halver_down *find_weights(unsigned phase, const struct overlap_pixels *pixels)
{
    static struct halver_down found[SYNTHESIS_PHASES + 1][EDGES];
    static bool is_found[SYNTHESIS_PHASES + 1][EDGES];
    const unsigned edge = edge_of(pixels);
    struct halver_down *down = &found[phase][edge];
    struct overlap_weights weights[OVERLAP_POINTS];

    if (is_found[phase][edge])
        return down;
    synthesis_overlap(phase, pixels, weights);
    for (unsigned y = 0; y < OVERLAP_POINTS; y++)
        for (unsigned n = 0; n < 3 * OVERLAP_FREQUENCIES; n++) {
            const unsigned u = n % OVERLAP_FREQUENCIES;
            const double weight = n < OVERLAP_FREQUENCIES       ? weights[y].before[u]
                                  : n < 2 * OVERLAP_FREQUENCIES ? weights[y].own[u]
                                                                : weights[y].behind[u];

            down->weight[y][n / 2][n % 2] = (int16_t)lrint(weight * (1 << HALVER_WEIGHT_BITS));
        }
    is_found[phase][edge] = true;
    return down;
}

/* Around block number `at` of so many, of which the last one holds `inside` pixels. */
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

static void set_across(struct halver_across *across, unsigned phase,
                       const struct overlap_pixels *pixels)
{
    const struct halver_down *down = find_weights(phase, pixels);

    for (unsigned i = 0; i < HALVER_PAIRS; i++)
        for (unsigned x = 0; x < OVERLAP_POINTS; x++)
            for (unsigned y = 0; y < OVERLAP_POINTS; y++)
                memcpy(across->weight[i][x / 2][x % 2][y], down->weight[x][i],
                       sizeof(down->weight[x][i]));
}

enum { WEIGHTS_AT_EDGES = 3 }; /* across */

static unsigned count_phases(const struct halver_options *options)
{
    return options->along_x == 0 ? 1 : SYNTHESIS_PHASES + 1;
}

/* Those of one block at an edge. */
static const struct halver_across *set_edge(const struct halver *halver,
                                            struct halver_across *weights, uint32_t column,
                                            unsigned inside)
{
    const struct overlap_pixels pixels = pixels_around(column, halver->across, inside);

    set_across(weights, idct_phase_at(&halver->phase_across, column), &pixels);
    return weights;
}

static void begin_across(struct halver *halver, struct halver_across *weights, unsigned phases,
                         unsigned inside)
{
    const struct overlap_pixels whole = {BLOCK, BLOCK, BLOCK};
    const uint32_t last = halver->across - 1;

    halver->weights = weights;
    for (unsigned phase = 0; phase < phases; phase++)
        set_across(weights++, phase, &whole);
    halver->first = set_edge(halver, weights++, 0, inside);
    halver->next_to_last = set_edge(halver, weights++, last > 0 ? last - 1 : 0, inside);
    halver->last = set_edge(halver, weights, last, inside);
}

/* --- memory -------------------------------------------------------------------------------------
 */

/* With room for what a block's three vectors write, and for what is read in whole vectors. */
static size_t row_bytes(const struct halver_options *options)
{
    return plane_aligned((size_t)options->padded_across * HALVER_STEP + 128);
}

/* A block before the first, one behind the last, and one more of a pair. */
static size_t filtered_bytes(const struct halver_options *options)
{
    const size_t block = OVERLAP_FREQUENCIES * OVERLAP_POINTS * sizeof(int16_t);

    return plane_aligned(((size_t)options->padded_across + 3) * block + 128);
}

/* As many rows of blocks as go in at once, two before them, and whole turns. */
static unsigned choose_ring(unsigned at_once)
{
    return (at_once + 2 + at_once - 1) / at_once * at_once;
}

size_t halver_bytes(const struct halver_options *options)
{
    return sizeof(struct halver_across) * (count_phases(options) + WEIGHTS_AT_EDGES) +
           row_bytes(options) * IDCT_PAIRS_ROWS * choose_ring(options->rows_at_once) +
           filtered_bytes(options);
}

void halver_begin(struct halver *halver, const struct halver_options *options, uint8_t *memory,
                  struct plane *to)
{
    const unsigned phases = count_phases(options);
    struct halver_across *weights = (struct halver_across *)(void *)memory;

    *halver = (struct halver){.across = options->across,
                              .down = options->down,
                              .phase_across = idct_find_phase(OVERLAP_POINTS, options->along_x),
                              .phase_down = idct_find_phase(OVERLAP_POINTS, options->along_y),
                              .pitch = row_bytes(options),
                              .ring = choose_ring(options->rows_at_once),
                              .inside_down = options->inside_y,
                              .to = to};
    begin_across(halver, weights, phases, options->inside_x);
    memory += sizeof(*weights) * (phases + WEIGHTS_AT_EDGES);
    halver->bands = memory;
    memory += halver->pitch * IDCT_PAIRS_ROWS * halver->ring;
    halver->filtered = (int16_t *)(void *)memory;
}

/* --- at work ------------------------------------------------------------------------------------
 */

static uint8_t *band_at(const struct halver *halver, uint32_t row)
{
    return halver->bands + row % halver->ring * IDCT_PAIRS_ROWS * halver->pitch;
}

/* Of a row of blocks whose neighbours are there: four rows of the plane. Where there is no
 * neighbour, weights of 0 make nothing of some other row. */
static void finish_row(struct halver *halver, uint32_t row)
{
    const struct overlap_pixels pixels = pixels_around(row, halver->down, halver->inside_down);
    const uint8_t *before = band_at(halver, pixels.before == 0 ? row : row - 1);
    const uint8_t *own = band_at(halver, row);
    const uint8_t *behind = band_at(halver, pixels.behind == 0 ? row : row + 1);
    const uint8_t *rows[HALVER_PAIRS];

    for (unsigned i = 0; i < IDCT_PAIRS_ROWS; i++) {
        rows[i] = before + i * halver->pitch;
        rows[i + IDCT_PAIRS_ROWS] = own + i * halver->pitch;
        rows[i + 2 * IDCT_PAIRS_ROWS] = behind + i * halver->pitch;
    }
    halver_filter_down(halver, rows,
                       find_weights(idct_phase_at(&halver->phase_down, row), &pixels));
    halver_filter_across(halver,
                         halver->to->data + (size_t)row * OVERLAP_POINTS * halver->to->pitch);
}

uint8_t *halver_take(struct halver *halver, uint32_t rows)
{
    const uint32_t end = halver->taken + rows / IDCT_PAIRS_ROWS;

    for (; halver->taken < end; halver->taken++) {
        if (halver->taken > 0 && halver->taken < halver->down)
            finish_row(halver, halver->taken - 1);
        if (halver->taken + 1 == halver->down)
            finish_row(halver, halver->taken);
    }
    return band_at(halver, halver->taken);
}
