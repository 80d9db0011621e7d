/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/edge.h"

#include "image/core/multiversion.h"
#include "image/jpeg/idct_rows.h"

#include <string.h>

/*
 * The same in single precision for each kind: the block's pixels, clamped to 8 bits as in a
 * decoder, times the vertical weights, times the horizontal ones.
 */

/* The weights of the inverse DCT, by sample and by frequency. */
static struct {
    bool made;
    float by_sample[8][8];
    idct_row by_frequency[8];
} transform;

static void make_transform(void)
{
    if (transform.made)
        return;
    for (unsigned x = 0; x < 8; x++)
        for (unsigned u = 0; u < 8; u++) {
            transform.by_sample[x][u] = (float)synthesis_basis(8, x, u);
            transform.by_frequency[u][x] = (float)synthesis_basis(8, x, u);
        }
    transform.made = true;
}

/* --- weights ------------------------------------------------------------------------------------
 */

/* For samples that `synthesis` makes of a DCT of `pixels` points. */
static void weigh_samples(struct edge_weights *weights, const struct jpeg_synthesis *synthesis,
                          unsigned pixels)
{
    for (unsigned pixel = 0; pixel < pixels; pixel++)
        for (unsigned x = 0; x < synthesis->points; x++) {
            double sum = 0;

            for (unsigned u = 0; u < synthesis->frequencies; u++)
                sum += synthesis->weight[x][u] * synthesis_basis(pixels, pixel, u);
            weights->of[pixel][x] = (float)sum;
        }
}

/* For the coefficients themselves. */
static void weigh_frequencies(struct edge_weights *weights, unsigned pixels)
{
    for (unsigned pixel = 0; pixel < pixels; pixel++)
        for (unsigned u = 0; u < pixels && u < OVERLAP_FREQUENCIES; u++)
            weights->of[pixel][u] = (float)synthesis_basis(pixels, pixel, u);
}

static void weigh_whole(struct edge_weights *weights, const struct idct *idct, unsigned phase)
{
    const struct jpeg_synthesis samples = synthesis_transform(idct->points);

    if (idct->kind == IDCT_PAIRS)
        weigh_frequencies(weights, 8);
    else
        weigh_samples(weights, idct->deep ? &samples : synthesis_reduction(idct->points, phase), 8);
}

/* Of a block of which only the last `head` pixels are inside, or some of these. */
static void weigh_first(struct edge_side *side, unsigned head)
{
    const unsigned outside = 8 - head;

    for (unsigned pixel = 0; pixel < side->first_inside; pixel++)
        side->first.of[outside + pixel][pixel] = 1;
}

static void weigh_last(struct edge_side *side, const struct idct *idct, double cut)
{
    const unsigned phase = idct_phase_at(&side->phase, side->end - 1);

    if (idct->kind == IDCT_PAIRS)
        weigh_frequencies(&side->last, side->last_inside);
    else if (idct->deep)
        for (unsigned pixel = 0; pixel < side->last_inside; pixel++)
            side->last.of[pixel][pixel] = 1;
    else {
        const struct jpeg_synthesis synthesis =
            synthesis_cut_reduction(idct->points, phase, side->last_inside, cut);

        weigh_samples(&side->last, &synthesis, side->last_inside);
    }
}

static void prepare_side(struct edge_side *side, const struct idct *idct,
                         const struct idct_phase *phase, const struct jpeg_span *span)
{
    memset(side, 0, sizeof(*side));
    side->begin = side->from = span->begin;
    side->end = side->to = span->end;
    side->phase = *phase;
    side->first_inside = jpeg_span_first(span);
    if (side->first_inside > 0) {
        weigh_first(side, span->head);
        side->from++;
    }
    for (unsigned i = 0; i <= (phase->step != 0 ? SYNTHESIS_PHASES : 0); i++)
        weigh_whole(&side->whole[i], idct, i);
    if (span->tail > 0 && side->from < side->end) {
        side->last_inside = span->tail;
        side->to--;
        weigh_last(side, idct, span->cut_tail);
    }
}

static void prepare_values(struct jpeg_edges *edges, const struct idct *idct,
                           const struct jpeg_component *component)
{
    const float scale = idct->deep ? 1 << REDUCER_FRACTION_BITS : 1;

    edges->rows = idct->rows;
    edges->deep = idct->deep;
    edges->pairs = idct->kind == IDCT_PAIRS;
    edges->middle = idct->deep || edges->pairs ? 0 : 128;
    memset(edges->place, 64, sizeof(edges->place));
    for (unsigned k = 0; k < 64; k++) {
        const unsigned place = idct_natural_order[k];

        edges->place[k] = (uint8_t)place;
        edges->quantizer[place >> 3][place & 7] = (float)jpeg_quantizer(component, k);
    }
    for (unsigned pixel = 0; pixel < 8; pixel++) {
        for (unsigned phase = 0; phase <= SYNTHESIS_PHASES; phase++)
            edges->horizontal.whole[phase].of[pixel] *= scale;
        edges->horizontal.first.of[pixel] *= scale;
        edges->horizontal.last.of[pixel] *= scale;
    }
}

struct jpeg_span jpeg_span_all(uint32_t pixels, double cut)
{
    return (struct jpeg_span){.end = (pixels + 7) / 8,
                              .tail = pixels % 8 != 0 || cut > 0 ? edge_inside(pixels) : 0,
                              .cut_tail = cut};
}

unsigned jpeg_span_first(const struct jpeg_span *span)
{
    if (span->head == 0 || span->tail == 0 || span->end - span->begin > 1)
        return span->head;
    return span->head + span->tail - 8; /* it is the last one too */
}

/* Whether all of the component is decoded, and all of it alike. */
static bool is_everything(const struct jpeg_span *span, uint32_t blocks)
{
    return span->begin == 0 && span->end >= blocks && span->head == 0 && span->tail == 0;
}

void jpeg_edges_prepare(struct jpeg_edges *edges, const struct idct *idct,
                        const struct jpeg_component *component, const struct jpeg_span *horizontal,
                        const struct jpeg_span *vertical)
{
    struct jpeg_span x = *horizontal, y = *vertical;

    if (idct->points == 8)
        x.tail = y.tail = 0; /* samples are pixels already */
    edges->any =
        !is_everything(&x, component->block_columns) || !is_everything(&y, component->block_rows);
    if (!edges->any)
        return;
    make_transform();
    prepare_side(&edges->horizontal, idct, &idct->horizontal, &x);
    prepare_side(&edges->vertical, idct, &idct->vertical, &y);
    prepare_values(edges, idct, component);
}

/* --- blocks -------------------------------------------------------------------------------------
 */

typedef int32_t mask_row __attribute__((vector_size(32), may_alias));

/* Clamps eight pixels, less 128, to 8 bits. (Vectors are passed by pointer: by value, the ABI
 * depends on the instruction set.) */
static _inline_ void limit(idct_row *row)
{
    const idct_row low = {-128, -128, -128, -128, -128, -128, -128, -128};
    const idct_row high = {127, 127, 127, 127, 127, 127, 127, 127};
    mask_row outside = *row > high;

    *row = (idct_row)((outside & (mask_row)high) | (~outside & (mask_row)*row));
    outside = *row < low;
    *row = (idct_row)((outside & (mask_row)low) | (~outside & (mask_row)*row));
}

/* Most rows of frequencies are empty. */
static _inline_ bool is_empty_row(const int16_t row[8])
{
    uint64_t halves[2];

    memcpy(halves, row, sizeof(halves));
    return (halves[0] | halves[1]) == 0;
}

static _inline_ void transform_block(const struct jpeg_edges *edges, const int16_t *block,
                                     idct_row pixels[8])
{
    memset(pixels, 0, 8 * sizeof(*pixels));
    for (unsigned v = 0; v < 8; v++) {
        idct_row row, sum = {0};

        if (is_empty_row(block + 8 * v))
            continue;
        row = __builtin_convertvector(*(const idct_shorts *)(block + 8 * v), idct_row) *
              edges->quantizer[v];
        for (unsigned u = 0; u < 8; u++)
            sum += row[u] * transform.by_frequency[u];
        for (unsigned y = 0; y < 8; y++)
            pixels[y] += sum * transform.by_sample[y][v];
    }
    for (unsigned y = 0; y < 8; y++)
        limit(&pixels[y]);
}

/* Sums the rows of pixels by vertical weight `y`, and that sum by the horizontal weights. */
static _inline_ void weigh_pixels(const idct_row pixels[8], const struct edge_weights *vertical,
                                  unsigned y, const struct edge_weights *horizontal, float middle,
                                  idct_row *samples)
{
    idct_row sum = pixels[0] * vertical->of[0][y];

    *samples = (idct_row){middle, middle, middle, middle, middle, middle, middle, middle};
    for (unsigned pixel = 1; pixel < 8; pixel++)
        sum += pixels[pixel] * vertical->of[pixel][y];
    for (unsigned pixel = 0; pixel < 8; pixel++)
        *samples += sum[pixel] * horizontal->of[pixel];
}

/* Writes row v of frequencies to its row of pairs. */
static _inline_ void store_frequencies(const idct_row *row, unsigned v, uint8_t *to, size_t pitch)
{
    int16_t *pairs = (int16_t *)(void *)(to + v / 2 * pitch) + v % 2;

    for (unsigned u = 0; u < OVERLAP_FREQUENCIES; u++)
        pairs[2 * u] = (int16_t)lrintf((*row)[u]);
}

static _inline_ const struct edge_weights *weights_at(const struct edge_side *side, uint32_t block)
{
    if (block < side->from)
        return &side->first;
    return block >= side->to ? &side->last : &side->whole[idct_phase_at(&side->phase, block)];
}

unsigned jpeg_edges_rows(const struct jpeg_edges *edges, uint32_t row)
{
    if (edges->deep && row < edges->vertical.from)
        return edges->vertical.first_inside;
    return edges->deep && row >= edges->vertical.to ? edges->vertical.last_inside : edges->rows;
}

_multiversion_ void jpeg_edges_block(const struct jpeg_edges *edges, const int16_t *block,
                                     uint32_t row, uint32_t column, uint8_t *to, size_t pitch)
{
    const struct edge_weights *vertical = weights_at(&edges->vertical, row);
    const struct edge_weights *horizontal = weights_at(&edges->horizontal, column);
    const unsigned rows = jpeg_edges_rows(edges, row);
    idct_row pixels[8];

    transform_block(edges, block, pixels);
    for (unsigned y = 0; y < (edges->pairs ? OVERLAP_FREQUENCIES : rows); y++) {
        idct_row samples;

        weigh_pixels(pixels, vertical, y, horizontal, edges->middle, &samples);
        if (edges->pairs)
            store_frequencies(&samples, y, to, pitch);
        else
            store_row((const idct_half *)&samples, (const idct_half *)&samples + 1, to + y * pitch,
                      edges->deep);
    }
}
