/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg_profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where everything lies in a JPEG file: one walk over its markers (ITU-T T.81, annex B), before any
 * coefficient is decoded. All pointers go into the file that was read, and every one of them was
 * checked: a Huffman table's 16 counts and its values lie inside, a scan's [data, end) too.
 */
enum {
    JPEG_COMPONENTS_MAX = 3,
    JPEG_SCANS_MAX = 256,      /* remembered; a file with more is not ordinary */
};

struct jpeg_component {
    uint8_t id;
    uint8_t h, v;              /* sampling factors, 1..4 */
    uint32_t blocks_across, blocks_down; /* that hold pixels */
    /* The quantization table in force at the component's first scan: 64 values in zigzag order, one
     * byte each or two (most significant first). NULL until a scan names the component. */
    const uint8_t *quantization;
    bool quantization_wide;
};

/* A DHT's 16 counts and then its values. */
struct jpeg_table {
    const uint8_t *counts;     /* NULL: not defined */
    unsigned values;           /* how many follow the counts, at most 256 */
};

struct jpeg_scan {
    const uint8_t *data, *end; /* entropy-coded bytes, restart markers included */
    unsigned components;       /* in this scan */
    uint8_t component[JPEG_COMPONENTS_MAX];   /* index into jpeg_layout.component */
    struct jpeg_table dc[JPEG_COMPONENTS_MAX], ac[JPEG_COMPONENTS_MAX]; /* in force */
    uint8_t first, last;       /* spectral selection */
    uint8_t high, low;         /* successive approximation */
    unsigned restart_interval; /* MCUs; 0: none */
};

struct jpeg_layout {
    uint32_t width, height;
    bool progressive;
    bool arithmetic;           /* coding; then no scan has Huffman tables */
    unsigned components;       /* 1 or 3 */
    uint8_t h_max, v_max;
    struct jpeg_component component[JPEG_COMPONENTS_MAX];
    unsigned scans;
    struct jpeg_scan scan[JPEG_SCANS_MAX];

    bool has_jfif;
    uint8_t density_unit;
    uint16_t density_x, density_y;
    bool has_adobe;
    uint8_t adobe_transform;
    uint8_t orientation;       /* EXIF, 1..8; 1 where there is none */
    struct jpeg_profile profile;
};

/*
 * Walks the file. 0 and *layout; STATUS_IMAGE_CORRUPT: broken, or it ends before its end marker;
 * STATUS_IMAGE_TOO_LARGE: more than max_scans scans; -ENOTSUP: legal but not ordinary (12 bits,
 * lossless, hierarchical, no height, CMYK, RGB ...). Any thread.
 */
int jpeg_read_markers(struct jpeg_layout *layout, const uint8_t *data, size_t size,
                      unsigned max_scans);

/* The n-th value (zigzag order) of the component's quantization table. */
static inline unsigned jpeg_quantizer(const struct jpeg_component *component, unsigned n)
{
    const uint8_t *table = component->quantization;

    return component->quantization_wide ? table[2 * n] << 8 | table[2 * n + 1] : table[n];
}
