/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/tiff_directory.h"

/*
 * The pages of a TIFF: a chain of directories (core/tiff_directory.h), and of each the tags that
 * anything here is decided by. The header, the decoder of strips and tiles (tiff/file.h) and the
 * loader all ask this reader; libtiff is left with decompressing.
 *
 * Files with odd tags are read as libtiff does: of a tag that occurs twice the first one counts,
 * numbers may be of any unsigned integer type. Any thread.
 */
enum tiff_tag {
    TAG_WIDTH,
    TAG_HEIGHT,
    TAG_BITS, /* a number for each sample */
    TAG_COMPRESSION,
    TAG_PHOTOMETRIC,
    TAG_FILL_ORDER,
    TAG_STRIP_OFFSETS,
    TAG_ORIENTATION,
    TAG_SAMPLES,
    TAG_STRIP_ROWS,
    TAG_STRIP_BYTES,
    TAG_X_RESOLUTION,
    TAG_Y_RESOLUTION,
    TAG_PLANES,
    TAG_RESOLUTION_UNIT,
    TAG_PREDICTOR,
    TAG_COLOUR_MAP,
    TAG_TILE_WIDTH,
    TAG_TILE_HEIGHT,
    TAG_TILE_OFFSETS,
    TAG_TILE_BYTES,
    TAG_INKS,
    TAG_EXTRA_SAMPLES,
    TAG_SAMPLE_FORMAT, /* a number for each sample */
    TAG_PROFILE,
    TIFF_TAGS
};

/* The values of a tag; count 0: the page does not have it. */
struct tiff_values {
    uint64_t at, count;
    unsigned bytes; /* of each */
};

struct tiff_pages {
    struct tiff_bytes tiff;
    uint64_t first;        /* offset of the first page */
    uint64_t entries_left; /* as many as fit the input: directories that overlap end the walk */
};

struct tiff_page {
    struct tiff_values tags[TIFF_TAGS];
    uint64_t next; /* offset of the next page; 0: there is none */
};

/* False: this is no TIFF. */
bool tiff_pages_begin(struct tiff_pages *pages, struct bytes input);

/* Reads the page at `offset`. It is the last one if the file ends right behind its entries. 0;
 * STATUS_IMAGE_CORRUPT: the page, or one of the numbers that matter, is not in the file; -ELOOP:
 * there are more entries than a file of this size can have, so that directories overlap. */
int tiff_page_read(struct tiff_pages *pages, uint64_t offset, struct tiff_page *page);

static inline bool tiff_page_has(const struct tiff_page *page, enum tiff_tag tag)
{
    return page->tags[tag].count > 0;
}

/* The number `index` of a tag, which has that many. */
uint64_t tiff_value_at(const struct tiff_pages *pages, const struct tiff_page *page,
                       enum tiff_tag tag, uint64_t index);

/* The first number of a tag, or its default (TIFF 6.0, section 8) if the page does not have it. */
uint64_t tiff_value(const struct tiff_pages *pages, const struct tiff_page *page,
                    enum tiff_tag tag);

/* Whether the page's pixels are in tiles; else they are in strips. */
static inline bool tiff_is_tiled(const struct tiff_page *page)
{
    return tiff_page_has(page, TAG_TILE_WIDTH);
}

static inline uint64_t multiply_saturating(uint64_t a, uint64_t b)
{
    return __builtin_mul_overflow(a, b, &a) ? UINT64_MAX : a;
}

/* How many strips or tiles it has of all planes, saturating; 0 if a size is invalid. */
uint64_t tiff_count_blocks(const struct tiff_pages *pages, const struct tiff_page *page);
