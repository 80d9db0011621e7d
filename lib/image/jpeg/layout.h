/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/profile.h"
#include "image/jpeg/tables.h"
#include "image/probe/jpeg_application.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where everything lies in a JPEG file, as markers.h finds it. All pointers but the array of scans
 * point into the file and were checked: a Huffman table's 16 counts and its values lie inside, and
 * so does a scan's [data, end).
 */
enum {
    JPEG_COMPONENTS_MAX = 4,
    JPEG_SCANS_MAX =
        JPEG_COMPONENTS_MAX * 64 * 14, /* each sends at least one bit of one coefficient */
};

struct jpeg_component {
    uint8_t id;
    uint8_t h, v;                       /* sampling factors, 1..4 */
    uint32_t block_columns, block_rows; /* of blocks that hold pixels */
    /* The quantization table in force at the component's first scan: 64 values in zigzag order, one
     * byte each or two (most significant first). NULL until a scan names the component. */
    const uint8_t *quantization;
    bool quantization_wide;
};

struct jpeg_scan {
    const uint8_t *data, *end;              /* entropy-coded bytes, restart markers included */
    unsigned components;                    /* in this scan */
    uint8_t component[JPEG_COMPONENTS_MAX]; /* index into jpeg_layout.component */
    struct jpeg_table dc[JPEG_COMPONENTS_MAX], ac[JPEG_COMPONENTS_MAX]; /* in force */
    uint8_t selectors[JPEG_COMPONENTS_MAX]; /* the numbers of these, DC's << 4 | AC's */
    uint8_t conditioning[JPEG_CLASSES][JPEG_COMPONENTS_MAX]; /* in force, of arithmetic coding */
    uint8_t first, last;                                     /* spectral selection */
    uint8_t high, low;                                       /* successive approximation */
    unsigned restart_interval;                               /* MCUs; 0: none */
};

struct jpeg_layout {
    uint32_t width, height;
    bool progressive;
    bool arithmetic;     /* coding; then no scan has Huffman tables */
    bool ycc;            /* one component or three, the first of which is luma */
    unsigned components; /* 1, 3 or 4 */
    uint8_t h_max, v_max;
    struct jpeg_component component[JPEG_COMPONENTS_MAX];

    struct jpeg_application application;
    struct jpeg_profile profile;

    unsigned scans, scans_room;
    struct jpeg_scan *scan; /* owned; kept for the next file that is read into this layout */
};

/* Frees the scans and zeroes the layout. */
void jpeg_layout_clear(struct jpeg_layout *layout);

/* A further scan, zeroed; pointers to earlier ones are no longer valid. NULL: no memory. */
struct jpeg_scan *jpeg_layout_add_scan(struct jpeg_layout *layout);

/* The n-th value (zigzag order) of the component's quantization table. */
static inline unsigned jpeg_quantizer(const struct jpeg_component *component, unsigned n)
{
    const uint8_t *table = component->quantization;

    return component->quantization_wide ? table[2 * n] << 8 | table[2 * n + 1] : table[n];
}

/* The place of component `component` in the scan; -1: it has none. */
static inline int jpeg_scan_find(const struct jpeg_scan *scan, unsigned component)
{
    for (unsigned n = 0; n < scan->components; n++)
        if (scan->component[n] == component)
            return (int)n;
    return -1;
}

/* The order of blocks (T.81, A.2): by MCUs that hold blocks of all components. In a scan of one
 * component each block is an MCU, and only blocks that hold pixels exist. */
struct jpeg_mcus {
    uint32_t columns, rows;
};

static inline struct jpeg_mcus jpeg_frame_mcus(const struct jpeg_layout *layout)
{
    return (struct jpeg_mcus){(layout->width + 8U * layout->h_max - 1) / (8U * layout->h_max),
                              (layout->height + 8U * layout->v_max - 1) / (8U * layout->v_max)};
}

static inline struct jpeg_mcus jpeg_scan_mcus(const struct jpeg_layout *layout,
                                              const struct jpeg_scan *scan)
{
    const struct jpeg_component *only = &layout->component[scan->component[0]];

    return scan->components == 1 ? (struct jpeg_mcus){only->block_columns, only->block_rows}
                                 : jpeg_frame_mcus(layout);
}
