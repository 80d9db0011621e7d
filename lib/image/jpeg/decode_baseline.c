/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/decode_baseline.h"

#include "base/status.h"
#include "image/jpeg/entropy.h"
#include "image/jpeg/idct.h"
#include "image/jpeg/memory.h"

#include <errno.h>

/*
 * Baseline: each block is decoded as far as its wanted coefficients go, passed over from there to
 * its end, transformed, and forgotten. No coefficient outlives its block.
 */

struct scan_component {
    struct huffman *dc_table;
    struct ac_table *ac_table;
    struct idct idct;
    struct jpeg_target *target; /* NULL: not wanted */
    unsigned h, v;              /* blocks in an MCU */
    int32_t dc;
    uint32_t row;     /* of blocks, the MCU row's first */
    uint32_t first;   /* column of blocks; columns are counted from it, those before wrap around */
    size_t inset;     /* bytes of samples before it */
    uint32_t edge[4]; /* of each row of its blocks, the first column that is not like others */
    uint8_t *to[4];   /* where each row's first column goes */
    size_t pitch;
};

struct mcu_range {
    uint32_t from, to;
};

struct decoder {
    struct scan_reader scan;
    unsigned components;
    struct scan_component component[JPEG_COMPONENTS_MAX];
    struct jpeg_mcus mcus;
    struct mcu_range rows, columns; /* that hold any wanted block */
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

/* The same of a block at an edge of what is wanted, or outside; `column` is one of all. */
__attribute__((noinline)) static bool decode_edge_block(struct bit_reader *bits,
                                                        struct scan_component *component,
                                                        uint32_t y, uint32_t column)
{
    const struct jpeg_edges *edges = &component->target->edges;
    int16_t block[EDGE_BLOCK] __attribute__((aligned(32))) = {0};
    uint8_t *to = component->to[y];
    unsigned kept;

    if (!jpeg_edges_hold(edges, component->row + y, column))
        return bits_skip_ac(bits, &component->ac_table->skip, 1);
    if (!read_ac(bits, component->ac_table, edges->place, 63, block, &kept))
        return false;
    block[0] = (int16_t)component->dc;
    if (column < component->first)
        to -= component->inset;
    else
        to += (size_t)(column - component->first) * component->idct.step;
    jpeg_edges_block(edges, block, component->row + y, column, to, component->pitch);
    return true;
}

/* A block, and its samples: in row y of the MCU row's blocks, and in that column of those from
 * component->first. */
static _inline_ bool decode_baseline_block(struct bit_reader *bits,
                                           struct scan_component *component, uint32_t y,
                                           uint32_t column)
{
    int16_t block[IDCT_BLOCK] __attribute__((aligned(32)));
    int difference;
    unsigned kept;

    if (!bits_dc(bits, component->dc_table, &difference))
        return false;
    component->dc = (int32_t)((uint32_t)component->dc + (uint32_t)difference);
    if (component->target == NULL)
        return bits_skip_ac(bits, &component->ac_table->skip, 1);
    if (__builtin_expect(column >= component->edge[y], 0)) {
        struct bit_reader copy = *bits; /* whose own members stay in registers */
        bool decoded = decode_edge_block(&copy, component, y, component->first + column);

        *bits = copy;
        return decoded;
    }
    clear(block, component->idct.stride);
    if (!read_ac(bits, component->ac_table, component->idct.place, component->idct.last, block,
                 &kept))
        return false;
    block[0] = (int16_t)component->dc;
    idct_block(&component->idct, block, kept, component->row + y, component->first + column,
               component->to[y] + column * component->idct.step, component->pitch);
    return true;
}

static _inline_ bool decode_mcu(struct decoder *decoder, struct bit_reader *bits, uint32_t column)
{
    for (unsigned i = 0; i < decoder->components; i++) {
        struct scan_component *component = &decoder->component[i];
        const uint32_t first = column * component->h - component->first;

        for (unsigned y = 0; y < component->v; y++)
            for (unsigned x = 0; x < component->h; x++)
                if (!decode_baseline_block(bits, component, y, first + x))
                    return false;
    }
    return !reader_is_past_end(&decoder->scan, bits);
}

/* Nothing of it is wanted but the sum of the DC coefficients' differences. */
static _inline_ bool pass_mcu(struct decoder *decoder, struct bit_reader *bits)
{
    for (unsigned i = 0; i < decoder->components; i++) {
        struct scan_component *component = &decoder->component[i];

        for (unsigned n = component->v * component->h; n > 0; n--) {
            int difference;

            if (!bits_dc(bits, component->dc_table, &difference))
                return false;
            component->dc = (int32_t)((uint32_t)component->dc + (uint32_t)difference);
            if (!bits_skip_ac(bits, &component->ac_table->skip, 1))
                return false;
        }
    }
    return !reader_is_past_end(&decoder->scan, bits);
}

/* MCUs of one row, all wanted or all not. */
static _inline_ int read_mcus(struct decoder *decoder, struct bit_reader *bits, uint32_t from,
                              uint32_t to, const bool wanted)
{
    for (uint32_t column = from; column < to; column++) {
        if (decoder->scan.restart_interval != 0) {
            bool restarted;
            int status = scan_reader_restart(&decoder->scan, &restarted);

            if (status != 0)
                return status;
            if (restarted)
                *bits = decoder->scan.bits;
            for (unsigned i = 0; restarted && i < decoder->components; i++)
                decoder->component[i].dc = 0;
        }
        if (!(wanted ? decode_mcu(decoder, bits, column) : pass_mcu(decoder, bits)))
            return STATUS_IMAGE_CORRUPT;
    }
    return 0;
}

_multiversion_ static int decode_mcus(struct decoder *decoder, uint32_t from, uint32_t to)
{
    struct bit_reader bits = decoder->scan.bits;
    int status = read_mcus(decoder, &bits, from, to, true);

    decoder->scan.bits = bits;
    return status;
}

_multiversion_ static int pass_mcus(struct decoder *decoder, uint32_t from, uint32_t to)
{
    struct bit_reader bits = decoder->scan.bits;
    int status = read_mcus(decoder, &bits, from, to, false);

    decoder->scan.bits = bits;
    return status;
}

static int decode_mcu_row(struct decoder *decoder, uint32_t row)
{
    const struct mcu_range *columns = &decoder->columns;
    int status;

    if (row < decoder->rows.from || row >= decoder->rows.to)
        return pass_mcus(decoder, 0, decoder->mcus.columns);
    if ((status = pass_mcus(decoder, 0, columns->from)) != 0 ||
        (status = decode_mcus(decoder, columns->from, columns->to)) != 0)
        return status;
    return pass_mcus(decoder, columns->to, decoder->mcus.columns);
}

/* Where the MCU row's rows of blocks go, the first one to `to`. */
static void component_begin_row(struct scan_component *component, uint8_t *to)
{
    for (unsigned y = 0; y < component->v; y++) {
        const struct edge_columns whole =
            jpeg_edges_whole(&component->target->edges, component->row + y);

        component->edge[y] = whole.to - whole.from;
        component->to[y] = to + component->inset;
        to += jpeg_target_rows(component->target, component->row + y) * component->pitch;
    }
}

static int component_begin(struct scan_component *component, unsigned n,
                           const struct jpeg_layout *layout, const struct jpeg_scan *scan,
                           struct jpeg_decoding *decoding)
{
    unsigned index = scan->component[n];
    const struct jpeg_component *size = &layout->component[index];
    int status;

    component->dc_table = &dc_tables[n];
    component->ac_table = &ac_tables[n];
    if ((status = huffman_build(component->dc_table, &scan->dc[n], 15)) != 0 ||
        (status = ac_table_build(component->ac_table, &scan->ac[n])) != 0)
        return status;
    component->h = scan->components == 1 ? 1 : size->h;
    component->v = scan->components == 1 ? 1 : size->v;
    if (index < decoding->components) {
        component->target = &decoding->target[index];
        jpeg_target_prepare(component->target, size, &component->idct);
        component->first = jpeg_target_column(component->target, &component->inset);
        component->pitch = jpeg_target_pitch(component->target);
        component_begin_row(component, jpeg_target_begin(component->target));
    }
    return 0;
}

static void extend_range(struct mcu_range *range, const struct jpeg_span *span, unsigned blocks)
{
    const uint32_t from = span->begin / blocks, to = (span->end + blocks - 1) / blocks;

    range->from = range->to == 0 || from < range->from ? from : range->from;
    range->to = to > range->to ? to : range->to;
}

/* MCUs are wanted where blocks of any component are. */
static void find_ranges(struct decoder *decoder)
{
    for (unsigned n = 0; n < decoder->components; n++) {
        const struct scan_component *component = &decoder->component[n];

        if (component->target == NULL)
            continue;
        extend_range(&decoder->rows, &component->target->vertical, component->v);
        extend_range(&decoder->columns, &component->target->horizontal, component->h);
    }
}

/* To the next MCU row. */
static void component_advance(struct scan_component *component)
{
    if (component->target == NULL)
        return;
    component->row += component->v;
    component_begin_row(component, jpeg_target_advance(component->target, component->v));
}

static int decode_scan(const struct jpeg_layout *layout, const struct jpeg_scan *scan,
                       struct jpeg_decoding *decoding)
{
    struct decoder decoder = {.components = scan->components};
    uint8_t *memory = jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN);
    int status;

    if (memory == NULL)
        return -ENOMEM;
    for (unsigned n = 0; n < scan->components; n++)
        if ((status = component_begin(&decoder.component[n], n, layout, scan, decoding)) != 0)
            return status;
    decoder.mcus = jpeg_scan_mcus(layout, scan);
    find_ranges(&decoder);
    scan_reader_begin(&decoder.scan, scan, memory);
    for (uint32_t row = 0; row < decoder.mcus.rows; row++) {
        if ((status = decode_mcu_row(&decoder, row)) != 0)
            return status;
        for (unsigned n = 0; n < decoder.components; n++)
            component_advance(&decoder.component[n]);
    }
    return scan_reader_finish(&decoder.scan, NULL);
}

int jpeg_decode_baseline(const struct jpeg_layout *layout, struct jpeg_decoding *decoding)
{
    for (unsigned i = 0; i < layout->scans; i++) {
        int status = decode_scan(layout, &layout->scan[i], decoding);

        if (status != 0)
            return status;
    }
    return 0;
}

int jpeg_check_baseline_scan(const struct jpeg_layout *layout, const struct jpeg_scan *scan)
{
    struct jpeg_decoding nothing = {0};

    return decode_scan(layout, scan, &nothing);
}
