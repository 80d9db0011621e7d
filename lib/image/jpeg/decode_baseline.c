/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/target.h"

#include "base/status.h"
#include "image/jpeg/entropy.h"
#include "image/jpeg/idct.h"
#include "image/jpeg/memory.h"

#include <errno.h>

/*
 * Baseline: each block is decoded as far as its wanted coefficients go, passed over from there to
 * its end, transformed, and forgotten. No coefficient outlives its block.
 */

struct part { /* a component in the scan */
    struct huffman *dc_table;
    struct ac_table *ac_table;
    struct idct idct;
    struct jpeg_target *target; /* NULL: not wanted */
    unsigned h, v;              /* blocks in an MCU */
    int32_t dc;
    uint32_t row;     /* of blocks, the MCU row's first */
    uint32_t edge[4]; /* of each row of its blocks, the first one at the edge */
    uint8_t *to;      /* of the MCU row's first block */
    size_t pitch;
};

struct decoder {
    struct scan_reader scan;
    unsigned parts;
    struct part part[JPEG_COMPONENTS_MAX];
    uint32_t mcus_across, mcus_down;
};

static struct huffman dc_tables[JPEG_COMPONENTS_MAX];
static struct ac_table ac_tables[JPEG_COMPONENTS_MAX];

enum { BLOCK_END = 254, BLOCK_BROKEN = 255 }; /* in place of a coefficient's number */

static _inline_ uint32_t look_at_one(const struct bit_reader *bits, const struct ac_table *table)
{
    return table->one[bits_peek(bits, ENTROPY_WINDOW)];
}

/* A usual coefficient, to where it belongs; returns the number behind it. */
static _inline_ unsigned take_one(struct bit_reader *bits, uint32_t one, const uint8_t *place,
                                  int16_t *block, unsigned k)
{
    k += one >> 16;
    block[place[k]] = (int16_t)bits_take_last(bits, one & 0xff, one >> 8 & 0xff);
    return k + 1;
}

/* The same with any symbol; BLOCK_END: none, the block ends; BLOCK_BROKEN. */
static _inline_ unsigned take_any(struct bit_reader *bits, const struct ac_table *table,
                                  const uint8_t *place, int16_t *block, unsigned k)
{
    unsigned symbol;

    bits_refill(bits);
    symbol = bits_symbol(bits, &table->skip.huffman);
    if (symbol == 0)
        return BLOCK_BROKEN;
    if ((symbol & 15) == 0) {
        bits_drop(bits, symbol >> 8);
        return (symbol & 0xff) == 0xf0 ? k + 16 : BLOCK_END;
    }
    k += symbol >> 4 & 15;
    block[place[k]] = (int16_t)bits_take_value(bits, symbol);
    return k + 1;
}

/*
 * A block's AC coefficients: those up to number `last` into their places, the rest passed over.
 * *kept: no coefficient behind that one was put into the block. False: broken. There are places for
 * runs that lead too far, so that this is looked at but once, at the end. Two usual coefficients
 * take no more bits than one refill gives.
 */
static _inline_ bool read_ac(struct bit_reader *bits, const struct ac_table *table,
                             const uint8_t *place, const unsigned last, int16_t *block,
                             unsigned *kept)
{
    unsigned k = 1;

    while (k <= last) {
        uint32_t one;

        *kept = k - 1;
        bits_refill(bits);
        one = look_at_one(bits, table);
        if ((one & AC_UNUSUAL) == 0) {
            k = take_one(bits, one, place, block, k);
            *kept = k - 1;
            if (k > last)
                break;
            one = look_at_one(bits, table);
            if ((one & AC_UNUSUAL) == 0) {
                k = take_one(bits, one, place, block, k);
                continue;
            }
        }
        if ((one & AC_END) != 0) {
            bits_drop(bits, one & 0xff);
            return true;
        }
        k = take_any(bits, table, place, block, k);
        if (k >= BLOCK_END)
            return k == BLOCK_END;
    }
    *kept = last;
    return k < 64 ? bits_skip_ac(bits, &table->skip, k) : k == 64;
}

/* The places that count, and some more: of known sizes, for that is quicker. */
static _inline_ void clear(int16_t block[IDCT_BLOCK], unsigned stride)
{
    if (stride <= 24)
        memset(block, 0, 24 * sizeof(*block));
    else if (stride <= IDCT_PAIRS_BLOCK)
        memset(block, 0, IDCT_PAIRS_BLOCK * sizeof(*block));
    else
        memset(block, 0, IDCT_BLOCK * sizeof(*block));
}

static _inline_ uint8_t *place_of(const struct part *part, uint32_t y, uint32_t column)
{
    return part->to + y * part->idct.rows * part->pitch + column * part->idct.step;
}

/* The same of a block that the picture ends in, or before. */
__attribute__((noinline)) static bool decode_edge_block(struct bit_reader *bits, struct part *part,
                                                        uint32_t y, uint32_t column)
{
    const struct jpeg_edges *edges = &part->target->edges;
    int16_t block[EDGE_BLOCK] __attribute__((aligned(32))) = {0};
    unsigned kept;

    if (!jpeg_edges_hold(edges, part->row + y, column))
        return bits_skip_ac(bits, &part->ac_table->skip, 1);
    if (!read_ac(bits, part->ac_table, edges->place, 63, block, &kept))
        return false;
    block[0] = (int16_t)part->dc;
    jpeg_edges_block(edges, block, part->row + y, column, place_of(part, y, column), part->pitch);
    return true;
}

/* A block, and its samples: in row y of the MCU row's blocks, and in that column of all. */
static _inline_ bool decode_block(struct bit_reader *bits, struct part *part, uint32_t y,
                                  uint32_t column)
{
    int16_t block[IDCT_BLOCK] __attribute__((aligned(32)));
    int difference;
    unsigned kept;

    if (!bits_dc(bits, part->dc_table, &difference))
        return false;
    part->dc = (int32_t)((uint32_t)part->dc + (uint32_t)difference);
    if (part->target == NULL)
        return bits_skip_ac(bits, &part->ac_table->skip, 1);
    if (__builtin_expect(column >= part->edge[y], 0)) {
        struct bit_reader copy = *bits; /* whose own members stay in registers */
        bool decoded = decode_edge_block(&copy, part, y, column);

        *bits = copy;
        return decoded;
    }
    clear(block, part->idct.stride);
    if (!read_ac(bits, part->ac_table, part->idct.place, part->idct.last, block, &kept))
        return false;
    block[0] = (int16_t)part->dc;
    idct_block(&part->idct, block, kept, part->row + y, column, place_of(part, y, column),
               part->pitch);
    return true;
}

static _inline_ bool decode_mcu(struct decoder *decoder, struct bit_reader *bits, uint32_t column)
{
    for (unsigned i = 0; i < decoder->parts; i++) {
        struct part *part = &decoder->part[i];

        for (unsigned y = 0; y < part->v; y++)
            for (unsigned x = 0; x < part->h; x++)
                if (!decode_block(bits, part, y, column * part->h + x))
                    return false;
    }
    return !reader_is_past_end(&decoder->scan, bits);
}

_multiversion_ static int decode_mcu_row(struct decoder *decoder)
{
    struct bit_reader bits = decoder->scan.bits;

    for (uint32_t column = 0; column < decoder->mcus_across; column++) {
        if (decoder->scan.restart_interval != 0) {
            bool restarted;
            int r = scan_reader_restart(&decoder->scan, &restarted);

            if (r != 0)
                return r;
            if (restarted)
                bits = decoder->scan.bits;
            for (unsigned i = 0; restarted && i < decoder->parts; i++)
                decoder->part[i].dc = 0;
        }
        if (!decode_mcu(decoder, &bits, column))
            return STATUS_IMAGE_CORRUPT;
    }
    decoder->scan.bits = bits;
    return 0;
}

static void part_find_edge(struct part *part)
{
    for (unsigned y = 0; y < part->v; y++)
        part->edge[y] = jpeg_edges_from(&part->target->edges, part->row + y);
}

static int part_begin(struct part *part, unsigned n, const struct jpeg_layout *layout,
                      const struct jpeg_scan *scan, struct jpeg_decoding *decoding)
{
    unsigned index = scan->component[n];
    const struct jpeg_component *component = &layout->component[index];
    int r;

    part->dc_table = &dc_tables[n];
    part->ac_table = &ac_tables[n];
    if ((r = huffman_build(part->dc_table, &scan->dc[n], 15)) != 0 ||
        (r = ac_table_build(part->ac_table, &scan->ac[n])) != 0)
        return r;
    part->h = scan->components == 1 ? 1 : component->h;
    part->v = scan->components == 1 ? 1 : component->v;
    if (index < decoding->components) {
        part->target = &decoding->target[index];
        jpeg_target_prepare(part->target, layout, index, &part->idct);
        part->to = jpeg_target_begin(part->target);
        part->pitch = jpeg_target_pitch(part->target);
        part_find_edge(part);
    }
    return 0;
}

/* To the next MCU row. */
static void part_advance(struct part *part)
{
    if (part->target == NULL)
        return;
    part->row += part->v;
    part->to = jpeg_target_advance(part->target, part->v);
    part_find_edge(part);
}

static int decode_scan(const struct jpeg_layout *layout, const struct jpeg_scan *scan,
                       struct jpeg_decoding *decoding)
{
    struct decoder decoder = {.parts = scan->components};
    uint8_t *memory = jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN);
    const struct jpeg_component *first = &layout->component[scan->component[0]];
    int r;

    if (memory == NULL)
        return -ENOMEM;
    for (unsigned n = 0; n < scan->components; n++)
        if ((r = part_begin(&decoder.part[n], n, layout, scan, decoding)) != 0)
            return r;
    decoder.mcus_across = (layout->width + 8 * layout->h_max - 1) / (8 * layout->h_max);
    decoder.mcus_down = (layout->height + 8 * layout->v_max - 1) / (8 * layout->v_max);
    if (scan->components == 1) {
        decoder.mcus_across = first->block_columns;
        decoder.mcus_down = first->block_rows;
    }
    scan_reader_begin(&decoder.scan, scan, memory);
    for (uint32_t row = 0; row < decoder.mcus_down; row++) {
        if ((r = decode_mcu_row(&decoder)) != 0)
            return r;
        for (unsigned n = 0; n < decoder.parts; n++)
            part_advance(&decoder.part[n]);
    }
    return scan_reader_finish(&decoder.scan, NULL);
}

int jpeg_decode_baseline(const struct jpeg_layout *layout, struct jpeg_decoding *decoding)
{
    for (unsigned i = 0; i < layout->scans; i++) {
        int r = decode_scan(layout, &layout->scan[i], decoding);

        if (r != 0)
            return r;
    }
    return 0;
}

int jpeg_pass_baseline_scan(const struct jpeg_layout *layout, const struct jpeg_scan *scan)
{
    struct jpeg_decoding nothing = {0};

    return decode_scan(layout, scan, &nothing);
}
