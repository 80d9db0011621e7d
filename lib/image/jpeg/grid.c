/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/grid.h"

#include "image/pixels/lanczos.h"

#include <math.h>

enum { BLOCK = 8 };

static bool is_whole(const struct grid_size *size)
{
    return size->part == size->image && size->cut == size->resized;
}

double grid_factor(const struct grid_size *size, const struct grid_component *component)
{
    const double factor =
        size->resized == size->part ? 1 : (size->resized - 0.5) / (double)size->part;

    return factor * component->sampling_max / (component->sampling * component->shared);
}

uint32_t grid_count(const struct grid_size *size, const struct grid_component *component)
{
    return (size->cut + component->shared - 1) / component->shared;
}

/* Pixels of the result before its first one that the first sample stands for. */
static uint32_t pixels_before(const struct grid_size *size, const struct grid_component *component)
{
    return size->mirrored ? grid_count(size, component) * component->shared - size->cut : 0;
}

/* --- in the component's pixels ------------------------------------------------------------------
 */

/* The result's samples: sample i is centred at start + (i + 0.5) * step. A single one lies in the
 * middle of what there is. */
struct placing {
    double start, step;
};

static struct placing place_samples(const struct grid_size *size,
                                    const struct grid_component *component)
{
    const bool single = grid_count(size, component) == 1;
    const double scale = (double)size->part / size->resized;
    const double sampling = (double)component->sampling / component->sampling_max;
    const double first = single ? 0 : pixels_before(size, component);

    return (struct placing){
        .start = (size->part_from + (size->cut_from - first) * scale) * sampling,
        .step = (single ? size->cut : component->shared) * scale * sampling,
    };
}

/* T.81, A.1.1: the pixels that hold the part, and how much of the outermost ones is outside. */
struct inside {
    uint32_t begin, end;
    double cut_begin, cut_end;
};

/* Halved chroma is interpolated when it is shown: then a pixel that lies half behind the edge has
 * three quarters of another's weight in what is seen. */
static double cut_of(uint64_t outside, const struct grid_component *component)
{
    const double cut = (double)outside / component->sampling_max;

    return component->sampling_max == 2 * component->sampling ? cut / 2 : cut;
}

static struct inside find_inside(const struct grid_size *size,
                                 const struct grid_component *component)
{
    const unsigned most = component->sampling_max;
    const uint64_t begin = (uint64_t)size->part_from * component->sampling;
    const uint64_t end = (uint64_t)(size->part_from + size->part) * component->sampling;
    struct inside inside = {.begin = (uint32_t)(begin / most),
                            .end = (uint32_t)((end + most - 1) / most)};

    inside.cut_begin = cut_of(begin - (uint64_t)inside.begin * most, component);
    inside.cut_end = cut_of((uint64_t)inside.end * most - end, component);
    return inside;
}

/* --- as they are --------------------------------------------------------------------------------
 */

/* Whether a sample of the result stands for as much as one decoded. */
static bool is_same_size(const struct grid_size *size, const struct grid_component *component)
{
    return (uint64_t)component->shared * size->part * component->sampling * component->points ==
           (uint64_t)size->resized * component->sampling_max * BLOCK;
}

bool grid_is_unmoved(const struct grid_size *size, const struct grid_component *component)
{
    return is_whole(size) && pixels_before(size, component) == 0;
}

/* Blocks of eight points can begin anywhere. */
bool grid_is_direct(const struct grid_size *size, const struct grid_component *component)
{
    const uint32_t before = pixels_before(size, component);
    const uint64_t start = (uint64_t)size->part_from + size->cut_from;

    if (!is_same_size(size, component))
        return false;
    if (grid_is_unmoved(size, component))
        return true;
    return component->points == BLOCK && size->part == size->resized && before <= start &&
           (start - before) * component->sampling % component->sampling_max == 0;
}

struct jpeg_span grid_direct_span(const struct grid_size *size,
                                  const struct grid_component *component, uint32_t *first)
{
    const struct inside inside = find_inside(size, component);
    uint32_t begin = (uint32_t)place_samples(size, component).start;

    if (grid_is_unmoved(size, component)) {
        *first = 0;
        return jpeg_span_all(inside.end, inside.cut_end);
    }
    if (grid_count(size, component) == 1) /* which need not be centred on a pixel */
        begin = (uint32_t)((uint64_t)(size->part_from + size->cut_from) * component->sampling /
                           component->sampling_max);
    *first = begin % BLOCK;
    return (struct jpeg_span){
        .begin = begin / BLOCK,
        .end = (begin + grid_count(size, component) + BLOCK - 1) / BLOCK,
    };
}

/* --- resized ------------------------------------------------------------------------------------
 */

static double at_least(double value, double least)
{
    return value > least ? value : least;
}

struct jpeg_span grid_span(const struct grid_size *size, const struct grid_component *component)
{
    const struct placing placing = place_samples(size, component);
    const struct inside inside = find_inside(size, component);
    const double sample = (double)BLOCK / component->points;
    const double reach = LANCZOS_LOBES * at_least(placing.step, sample) + sample;
    const double first = placing.start + placing.step / 2 - reach;
    const double last = placing.start + (grid_count(size, component) - 0.5) * placing.step + reach;
    const uint32_t begin = first > inside.begin ? (uint32_t)first : inside.begin;
    const uint32_t end = last < inside.end ? (uint32_t)ceil(last) : inside.end;
    struct jpeg_span span = {.begin = begin / BLOCK, .end = (end + BLOCK - 1) / BLOCK};

    if (span.begin == inside.begin / BLOCK) {
        span.cut_head = inside.cut_begin;
        if (inside.begin % BLOCK != 0 || (inside.cut_begin > 0 && component->points < BLOCK))
            span.head = BLOCK - inside.begin % BLOCK;
    }
    if (span.end == (inside.end + BLOCK - 1) / BLOCK) {
        const struct jpeg_span all = jpeg_span_all(inside.end, inside.cut_end);

        span.tail = all.tail;
        span.cut_tail = all.cut_tail;
    }
    return span;
}

/* The body's first sample begins where the first whole block does. */
struct reducer_axis grid_axis(const struct grid_size *size, const struct grid_component *component,
                              const struct jpeg_span *span)
{
    const struct placing placing = place_samples(size, component);
    const double scale = component->points / (double)BLOCK;
    const uint32_t head = jpeg_span_first(span);
    const uint32_t from = span->begin * BLOCK + (span->head > 0 ? BLOCK - span->head + head : 0);
    const uint32_t to = span->tail > 0 ? (span->end - 1) * BLOCK + span->tail : span->end * BLOCK;
    struct reducer_axis axis = {
        .to = grid_count(size, component),
        .start = (placing.start - from) * scale,
        .step = placing.step * scale,
        .head = head,
        .edge_size = scale,
        .cut_head = span->cut_head,
        .cut_tail = span->cut_tail,
    };

    if (component->points < BLOCK && from < to)
        axis.tail = span->tail;
    axis.length = head + axis.tail + (to - from - axis.tail) / BLOCK * component->points;
    if (component->points == BLOCK)
        axis.length = head + to - from;
    return axis;
}
