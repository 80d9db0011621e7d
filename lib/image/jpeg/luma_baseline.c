/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/luma_baseline.h"

#include "base/status.h"
#include "image/jpeg/decode_baseline.h"
#include "image/jpeg/entropy.h"
#include "image/jpeg/memory.h"
#include "image/jpeg/writer.h"

#include <errno.h>

/*
 * The luma of a baseline JPEG. An MCU of, say, 4:2:0 holds four luma blocks, two by two, and two
 * chroma blocks; a gray file holds its blocks row by row. For each MCU row, the first pass notes
 * the DC coefficient of each luma block and where its AC bits lie, and skips chroma. The second
 * writes the row's luma blocks in their new order: a new DC difference, and a copy of the AC bits.
 */

struct luma_block {
    size_t position; /* of its AC bits */
    uint32_t length;
    int32_t dc;
};

struct luma_reader {
    struct scan_reader scan;
    unsigned components;                  /* of the scan */
    unsigned luma;                        /* its number in the scan */
    unsigned blocks[JPEG_COMPONENTS_MAX]; /* of each in an MCU */
    unsigned h, v;                        /* luma blocks in an MCU */
    struct jpeg_mcus mcus;
    int32_t dc;             /* of the last luma block */
    struct luma_block *row; /* v rows of mcus.columns * h */
};

/* Tables of one scan. They are kept from file to file, since most files use the same ones. */
static struct huffman dc_table[JPEG_COMPONENTS_MAX];
static struct skip_table ac_table[JPEG_COMPONENTS_MAX];

/* The scan that holds luma, as its component *index; NULL: there is none. */
static const struct jpeg_scan *find_luma_scan(const struct jpeg_layout *layout, unsigned *index)
{
    for (unsigned i = 0; i < layout->scans; i++) {
        int n = jpeg_scan_find(&layout->scan[i], 0);

        if (n >= 0) {
            *index = (unsigned)n;
            return &layout->scan[i];
        }
    }
    return NULL;
}

static int reader_begin(struct luma_reader *reader, const struct jpeg_layout *layout,
                        const struct jpeg_scan *scan)
{
    const struct jpeg_component *luma = &layout->component[0];
    uint8_t *memory = jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN);
    bool alone = scan->components == 1;
    int status;

    reader->components = scan->components;
    reader->h = alone ? 1 : luma->h;
    reader->v = alone ? 1 : luma->v;
    for (unsigned i = 0; i < scan->components; i++) {
        const struct jpeg_component *component = &layout->component[scan->component[i]];

        reader->blocks[i] = alone ? 1 : component->h * component->v;
        if ((status = huffman_build(&dc_table[i], &scan->dc[i], 15)) != 0 ||
            (status = skip_table_build(&ac_table[i], &scan->ac[i])) != 0)
            return status;
    }
    reader->mcus = jpeg_scan_mcus(layout, scan);
    reader->row = jpeg_memory(MEMORY_ROWS,
                              sizeof(*reader->row) * reader->mcus.columns * reader->h * reader->v);
    if (memory == NULL || reader->row == NULL)
        return -ENOMEM;
    scan_reader_begin(&reader->scan, scan, memory);
    return 0;
}

static _inline_ bool read_luma_block(const struct luma_reader *reader, struct bit_reader *bits,
                                     struct luma_block *block, int32_t *dc)
{
    int difference;

    if (!bits_dc(bits, &dc_table[reader->luma], &difference))
        return false;
    *dc = (int32_t)((uint32_t)*dc + (uint32_t)difference); /* may wrap in a damaged file */
    block->dc = *dc;
    block->position = reader_position(&reader->scan, bits);
    if (!bits_skip_ac(bits, &ac_table[reader->luma], 1))
        return false;
    block->length = (uint32_t)(reader_position(&reader->scan, bits) - block->position);
    return true;
}

static _inline_ bool skip_block(struct bit_reader *bits, unsigned component)
{
    unsigned symbol;

    bits_refill(bits);
    symbol = bits_symbol(bits, &dc_table[component]);
    bits_drop(bits, (symbol >> 8) + (symbol & 15));
    return symbol != 0 && bits_skip_ac(bits, &ac_table[component], 1);
}

static _inline_ bool read_mcu(struct luma_reader *reader, struct bit_reader *bits, uint32_t column,
                              int32_t *dc)
{
    for (unsigned i = 0; i < reader->components; i++) {
        if (i != reader->luma) {
            for (unsigned n = 0; n < reader->blocks[i]; n++)
                if (!skip_block(bits, i))
                    return false;
            continue;
        }
        for (unsigned y = 0; y < reader->v; y++) {
            struct luma_block *block =
                reader->row + ((size_t)y * reader->mcus.columns + column) * reader->h;

            for (unsigned x = 0; x < reader->h; x++)
                if (!read_luma_block(reader, bits, block + x, dc))
                    return false;
        }
    }
    return !reader_is_past_end(&reader->scan, bits);
}

_multiversion_ static int read_mcu_row(struct luma_reader *reader)
{
    struct bit_reader bits = reader->scan.bits;
    int32_t dc = reader->dc;

    for (uint32_t column = 0; column < reader->mcus.columns; column++) {
        if (reader->scan.restart_interval != 0) {
            bool restarted;
            int status = scan_reader_restart(&reader->scan, &restarted);

            if (status != 0)
                return status;
            if (restarted) {
                bits = reader->scan.bits;
                dc = 0;
            }
        }
        if (!read_mcu(reader, &bits, column, &dc))
            return STATUS_IMAGE_CORRUPT;
    }
    reader->scan.bits = bits;
    reader->dc = dc;
    return 0;
}

/* One row of luma blocks. *dc is the last block's, and carries over from row to row. */
_multiversion_ static int write_row(struct jpeg_writer *writer, const uint8_t *bytes,
                                    const struct luma_block *block, uint32_t count, int32_t *dc)
{
    struct jpeg_writer local = *writer;

    for (const struct luma_block *end = block + count; block < end; block++) {
        int32_t difference = (int32_t)((uint32_t)block->dc - (uint32_t)*dc);

        if (__builtin_expect(difference < -2047 || difference > 2047, 0))
            return -ENOTSUP;
        if (!writer_reserve(&local, 64 + block->length))
            return STATUS_IMAGE_TOO_LARGE;
        *dc = block->dc;
        writer_dc(&local, difference);
        writer_copy(&local, bytes, block->position, block->length);
    }
    *writer = local;
    return 0;
}

static int copy_blocks(struct luma_reader *reader, struct jpeg_writer *writer,
                       const struct jpeg_component *luma)
{
    uint32_t pitch = reader->mcus.columns * reader->h, rows_left = luma->block_rows;
    int32_t dc = 0;
    int status;

    for (uint32_t row = 0; row < reader->mcus.rows; row++) {
        if ((status = read_mcu_row(reader)) != 0)
            return status;
        /* The last MCU row and column may hold blocks outside the image. */
        for (unsigned y = 0; y < reader->v && rows_left > 0; y++, rows_left--) {
            status = write_row(writer, reader->scan.bytes, reader->row + (size_t)y * pitch,
                               luma->block_columns, &dc);
            if (status != 0)
                return status;
        }
    }
    return scan_reader_finish(&reader->scan, NULL);
}

/* Reads the other scans, of chroma, to find damage. */
static int pass_others(const struct jpeg_layout *layout, const struct jpeg_scan *luma)
{
    for (unsigned i = 0; i < layout->scans; i++) {
        const struct jpeg_scan *scan = &layout->scan[i];
        int status = scan == luma ? 0 : jpeg_check_baseline_scan(layout, scan);

        if (status != 0)
            return status;
    }
    return 0;
}

int jpeg_luma_baseline(const struct jpeg_layout *layout, uint8_t *output, size_t capacity,
                       size_t *size)
{
    struct luma_reader reader = {0};
    struct jpeg_writer writer;
    const struct jpeg_scan *scan = find_luma_scan(layout, &reader.luma);
    struct jpeg_scan whole = {.first = 0, .last = 63};
    int status;

    if (scan == NULL)
        return STATUS_IMAGE_CORRUPT;
    if ((status = reader_begin(&reader, layout, scan)) != 0)
        return status;
    writer_begin(&writer, output, capacity);
    writer_gray_header(&writer, layout);
    writer_huffman(&writer, 0, &writer_dc_table);
    writer_huffman(&writer, 1, &scan->ac[reader.luma]);
    writer_scan(&writer, &whole);
    if ((status = copy_blocks(&reader, &writer, &layout->component[0])) != 0 ||
        (status = pass_others(layout, scan)) != 0)
        return status;
    writer_flush(&writer);
    *size = writer_finish(&writer);
    return *size == 0 ? STATUS_IMAGE_TOO_LARGE : 0;
}
