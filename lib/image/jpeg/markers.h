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
 * Where everything lies in a JPEG file: one walk over its markers (ITU-T T.81, annex B), before any
 * coefficient is decoded. All pointers go into the file that was read, and every one of them was
 * checked: a Huffman table's 16 counts and its values lie inside, a scan's [data, end) too.
 */
enum {
    JPEG_COMPONENTS_MAX = 4,
    JPEG_SCANS_MAX =
        JPEG_COMPONENTS_MAX * 64 * 14, /* each tells a bit of something: T.81, G.1.1.1 */
};

struct jpeg_component {
    uint8_t id;
    uint8_t h, v;                        /* sampling factors, 1..4 */
    uint32_t blocks_across, blocks_down; /* that hold pixels */
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

    struct jpeg_colours colours;
    uint8_t density_unit;
    uint16_t density_x, density_y;
    uint8_t orientation; /* EXIF, 1..8; 1 where there is none */
    struct jpeg_profile profile;

    unsigned scans;
    struct jpeg_scan
        scan[JPEG_SCANS_MAX]; /* half a megabyte; those behind `scans` are not touched */
};

/*
 * Walks the file. It goes by what libjpeg does, and so by what browsers show: stray bytes between
 * segments, COM and APPn of no length, standard Huffman tables that are left out, numbers in SOS
 * that mean nothing in a sequential file. Once every component (of a progressive file, every bit of
 * every coefficient) has its scan, the picture is complete: what follows is passed over, and the
 * end marker may be missing, or the last scan end with the file. Whether a scan holds what it
 * should is seen when it is read (decode.h). Every component has at least its DC coefficients.
 *
 * 0 and *layout; STATUS_IMAGE_CORRUPT: broken, or incomplete and without its end marker;
 * STATUS_IMAGE_TOO_LARGE: more than max_scans scans, complete or not; STATUS_UNSUPPORTED_FORMAT: of
 * a kind that image_read_header refuses. Any thread.
 */
int jpeg_read_markers(struct jpeg_layout *layout, const uint8_t *data, size_t size,
                      unsigned max_scans);

/* The scans of any JPEG, also of one that has its tables elsewhere. Any thread. */
unsigned jpeg_count_scans(const uint8_t *data, size_t size);

/* The n-th value (zigzag order) of the component's quantization table. */
static inline unsigned jpeg_quantizer(const struct jpeg_component *component, unsigned n)
{
    const uint8_t *table = component->quantization;

    return component->quantization_wide ? table[2 * n] << 8 | table[2 * n + 1] : table[n];
}
