/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/probe/format.h"
#include "image/probe/tiff_page.h"

#include <tiffio.h>

/*
 * Rows of a TIFF, from strips or tiles, with the samples of a pixel side by side or in planes. If
 * the file is damaged there is no row: what libtiff only warns of counts as damage. One thread.
 */
enum tiff_decoder { TIFF_LIBTIFF, TIFF_COPY, TIFF_INFLATE };

struct tiff_file {
    struct image_header header;
    struct bytes input; /* borrowed */
    uint64_t at;        /* where libtiff reads */
    TIFF *tiff;
    bool complained; /* libtiff, of what it decodes */

    /* The page that libtiff is at. */
    struct tiff_pages pages;
    struct tiff_page page;
    uint32_t number; /* of it */
    bool tiled, in_planes;
    enum tiff_decoder decoder;
    unsigned predictor;
    uint32_t block_width, block_height; /* of a strip or tile */
    size_t block_row_bytes, row_bytes;
    size_t block_bytes; /* as many as it may decode to */

    /* Its decoded rows: a strip, rows of an uncompressed one, or the tiles that are side by side.
     */
    uint32_t first_row, rows, band_rows; /* the last: as many as there may be */
    uint8_t *band, *block;
};

/* Opens the file at its first page. `input` and `file` must not move. 0; STATUS_IMAGE_CORRUPT;
 * STATUS_IMAGE_TOO_LARGE: a strip or tile is a JPEG of more scans; -ENOMEM; tiff_file_close in any
 * case. */
int tiff_file_open(struct tiff_file *file, const struct image_header *header, struct bytes input,
                   unsigned max_scans);

/* Row `row` of page `page` as stored: header.samples samples a pixel, packed into bytes if they
 * have less than 8 bits, in the machine's byte order if they have more. Fast if pages and rows are
 * asked for in order. Valid until the next call. 0, STATUS_IMAGE_CORRUPT or -ENOMEM. */
int tiff_file_read(struct tiff_file *file, uint32_t page, uint32_t row, const uint8_t **samples);

void tiff_file_close(struct tiff_file *file);
