/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/heif_file.h"

/* The properties of one item (ISO/IEC 23008-12, 6.5), as far as they say how it is shown. */

/* Code points of ISO/IEC 23091-2 (CICP): what the samples' colours mean. */
struct heif_colour {
    uint16_t primaries, transfer, matrix;
    bool full_range;
};

/* How the pixels to show lie in the coded image: pixel (X, Y) is the coded image's pixel
 * (x + X * x_by_X + Y * x_by_Y, y + X * y_by_X + Y * y_by_Y). One of each pair is 0. */
struct heif_view {
    int64_t x, y;
    int x_by_X, x_by_Y, y_by_X, y_by_Y;
    uint32_t width, height;
};

struct heif_item {
    uint32_t id, type;
    uint32_t width, height; /* coded (ispe); 0: not said */
    struct bytes config;    /* av1C or hvcC */
    struct bytes profile;   /* ICC */
    struct bytes auxiliary; /* what kind it is (auxC), with a NUL if it is a string */
    bool has_colour;
    struct heif_colour colour;
    struct heif_view view;
    unsigned operating_point; /* of a layered AV1 image (a1op) */
    uint32_t unknown;         /* a property that a reader must know, and we do not; 0: none */
};

/* 0; STATUS_IMAGE_CORRUPT; STATUS_UNSUPPORTED_FORMAT: it is encrypted, or its properties are too
 * many. */
int heif_item_read(const struct heif_file *file, uint32_t id, struct heif_item *item);
