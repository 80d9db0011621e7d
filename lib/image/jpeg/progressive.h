/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/edge.h"
#include "image/jpeg/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the scans of a progressive JPEG (ITU-T T.81, annex G) one by one into coefficients, of
 * which only the wanted ones are kept. Every code of a scan is read whether or not anything of it
 * is wanted, for that shows whether it is damaged. Refinements need to know which coefficients are
 * not zero, wanted or not: that is kept apart, a bit each.
 */
struct progressive_component {
    bool wanted;
    int16_t *coefficients; /* `stride` to a block; blocks row by row, those of whole MCUs */
    unsigned stride;
    const uint8_t *place; /* where in a block each of the first `last` + 1 goes (zigzag order) */
    unsigned last;        /* 0: only the DC coefficient, in place 0 */
    uint64_t *history;    /* of each block; NULL: no AC coefficients are refined */
    size_t across, down;  /* blocks, of whole MCUs */
    const struct jpeg_edges *edges; /* NULL: no block is at an edge */
    int16_t *edge_coefficients;     /* all of those that are, but for the DC coefficient */
};

/* EDGE_BLOCK coefficients of the block at an edge (jpeg_edges_from): first the last row's, then one
 * of each other row; and how many such blocks there may be. */
static inline int16_t *progressive_edge_block(const struct progressive_component *component,
                                              size_t row, size_t column)
{
    size_t number = row >= component->edges->down.first ? column : component->across + row;

    return component->edge_coefficients + number * EDGE_BLOCK;
}

static inline size_t progressive_edge_blocks(const struct progressive_component *component)
{
    return component->across + component->down;
}

struct progressive {
    const struct jpeg_layout *layout;
    struct progressive_component component[JPEG_COMPONENTS_MAX];
};

/* Measures the components, of which none is wanted yet. */
void progressive_begin(struct progressive *progressive, const struct jpeg_layout *layout);

/* Takes memory, zeroed, for coefficients of the wanted components, whose stride, place, last
 * and edges are set, and for the history of every component whose AC coefficients are refined. 0 or
 * -ENOMEM. */
int progressive_allocate(struct progressive *progressive);

/* Reads a scan. 0; STATUS_IMAGE_CORRUPT; -ENOMEM. *end, unless it is NULL: where in scan->data its
 * last code ends; what is behind that is filling. */
int progressive_read_scan(struct progressive *progressive, const struct jpeg_scan *scan,
                          const uint8_t **end);

/* Its part that reads AC coefficients; `memory` holds the scan's bytes and ENTROPY_MARGIN more. */
int progressive_read_ac(struct progressive *progressive, const struct jpeg_scan *scan,
                        uint8_t *memory, const uint8_t **end);
