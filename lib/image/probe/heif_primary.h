/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/format.h"
#include "image/probe/heif_item.h"

/*
 * The image that an AVIF or HEIC shows: its primary item, the tiles of which it may consist, and
 * its alpha. Thumbnails, depth and gain maps are not looked at. Any thread.
 */
enum { HEIF_TILES_MAX = 2048 }; /* of a photograph of 200 megapixels: 768 */

/* An item that is coded, or a grid of such items that have one size (6.6.2.3). */
struct heif_grid {
    unsigned rows, columns;       /* 1 and 1 where the item itself is coded */
    uint32_t width, height;       /* of the whole, at most that of its tiles */
    struct heif_item tile;        /* the first, or the item itself */
    struct heif_references tiles; /* none where the item itself is coded */
};

struct heif_primary {
    struct heif_file file;
    struct heif_item item;
    struct heif_grid grid;
    bool has_alpha, premultiplied;
    struct heif_item alpha;
    struct heif_grid alpha_grid;
};

/* What an AV1 or HEVC configuration says of the samples (av1C, hvcC). */
struct heif_samples {
    unsigned bits;
    bool monochrome;
    const char *subsampling; /* as image_header's; static */
};

/* 0, STATUS_IMAGE_CORRUPT, or STATUS_UNSUPPORTED_FORMAT with header->unsupported, of `header` that
 * has its format. */
int heif_primary_read(struct bytes input, struct heif_primary *primary,
                      struct image_header *header);

/* The item of tile `index`, row by row; of a tile that is coded otherwise than the first one,
 * STATUS_IMAGE_CORRUPT. */
int heif_read_tile(const struct heif_file *file, const struct heif_grid *grid, unsigned index,
                   struct heif_item *tile);

/* False: the configuration is too short. */
bool heif_read_samples(const struct heif_item *item, struct heif_samples *samples);
