/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/edge.h"
#include "image/jpeg/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The coefficients of a progressive JPEG while its scans are read: of each component only the
 * wanted ones are kept. Refinements need to know which coefficients are not zero, wanted or not:
 * that is kept apart, a bit each. One thread.
 */
struct component_coefficients {
    bool wanted;
    int16_t *coefficients; /* `stride` to a block; blocks row by row, those of whole MCUs */
    unsigned stride;
    const uint8_t *place; /* where in a block each of the first `last` + 1 goes (zigzag order) */
    unsigned last;        /* 0: only the DC coefficient, in place 0 */
    uint64_t *history;    /* of each block; NULL: no AC coefficients are refined */
    size_t columns, rows; /* of blocks, of whole MCUs */
    const struct jpeg_edges *edges; /* NULL: all blocks are alike */
    int16_t *edge_coefficients;     /* all of those that are, but for the DC coefficient */
};

struct jpeg_coefficients {
    const struct jpeg_layout *layout;
    struct component_coefficients component[JPEG_COMPONENTS_MAX];
};

/* Measures the components, of which none is wanted yet. */
void coefficients_begin(struct jpeg_coefficients *coefficients, const struct jpeg_layout *layout);

/* Takes memory, zeroed, for coefficients of the wanted components, whose stride, place, last and
 * edges are set, and for the history of every component whose AC coefficients are refined. 0 or
 * -ENOMEM. */
int coefficients_allocate(struct jpeg_coefficients *coefficients);

/* EDGE_BLOCK coefficients of the block at an edge (edge.h): first the last row's, then those of the
 * last column's in other rows; and the same of the first row and column. */
static inline int16_t *coefficients_edge_block(const struct component_coefficients *component,
                                               size_t row, size_t column)
{
    const struct edge_side *vertical = &component->edges->vertical;
    size_t number = component->columns + row;

    if (row < vertical->from || row >= vertical->to)
        number = column;
    if (row < vertical->from || (row < vertical->to && column < component->edges->horizontal.from))
        number += component->columns + component->rows;
    return component->edge_coefficients + number * EDGE_BLOCK;
}
