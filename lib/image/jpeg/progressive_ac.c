/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/progressive_ac.h"

#include "base/status.h"
#include "image/core/simd.h"
#include "image/jpeg/entropy.h"

/*
 * Scans of AC coefficients, block by block, without the blocks that only pad MCUs. A first scan
 * sends a band of coefficients, refinements send one more bit of each, mixed with codes for those
 * that are still zero. Most of the time of a progressive JPEG is spent here.
 */

static struct huffman ac_table;

struct ac_scan {
    struct scan_reader reader;
    const struct component_coefficients *component;
    unsigned first, last, low;
    uint64_t band;        /* first..last */
    unsigned kept;        /* the last coefficient to keep of these blocks */
    uint64_t wanted;      /* the coefficients of the band to keep */
    const uint8_t *place; /* of each coefficient in a block */
    uint32_t end_run;     /* blocks without further coefficients, this one included (EOBRUN) */
};

/* Sets of coefficients: number k is bit 63 - k, so that the first ones are the highest bits, as in
 * the stream. */
static _inline_ uint64_t set_of(unsigned k)
{
    return UINT64_C(1) << (63 - k);
}

static _inline_ uint64_t set_between(unsigned first, unsigned last)
{
    return ~UINT64_C(0) >> first & ~UINT64_C(0) << (63 - last);
}

static _inline_ uint64_t highest(uint64_t set)
{
    return set == 0 ? 0 : UINT64_C(1) << 63 >> __builtin_clzll(set);
}

/* The lowest bits of `value`, moved to the bits of the set: the instruction PDEP. */
static _inline_ uint64_t deposit(uint64_t value, uint64_t set)
{
#if SIMD_X86
    uint64_t result;

    asm("pdep %2, %1, %0" : "=r"(result) : "r"(value), "r"(set));
    return result;
#else
    (void)value;
    return set;
#endif
}

/* A block of a first scan. *seen: the coefficients that are not zero. Without `keep` their values
 * are skipped. */
static _inline_ bool read_first(struct ac_scan *ac, struct bit_reader *bits, int16_t *block,
                                uint64_t *seen, const bool keep)
{
    const unsigned last = ac->last, kept = ac->kept, low = ac->low;

    *seen = 0;
    for (unsigned k = ac->first; k <= last; k++) {
        unsigned symbol, run, size;

        bits_refill(bits);
        symbol = bits_symbol(bits, &ac_table);
        run = symbol >> 4 & 15;
        size = symbol & 15;
        if (__builtin_expect(size == 0, 0)) {
            bits_drop(bits, symbol >> 8);
            if (symbol == 0)
                return false;
            if (run < 15) {
                ac->end_run = (1U << run) + bits_take(bits, run);
                return true;
            }
            k += 15;
            continue;
        }
        k += run;
        if (k > last)
            return false;
        *seen |= set_of(k);
        if (keep && k <= kept)
            block[ac->place[k]] = (int16_t)((uint32_t)bits_take_value(bits, symbol) << low);
        else
            bits_drop(bits, (symbol >> 8) + size);
    }
    return true;
}

/* The bit of `zeros` behind `run` further ones of those in `rest`, where `below` are left behind
 * it. PDEP counts from below, and needs no `rest`: less is in the way of the next symbol then. */
static _inline_ uint64_t select_bit(uint64_t zeros, uint64_t rest, unsigned run, unsigned below,
                                    const bool pdep)
{
    if (pdep)
        return deposit(UINT64_C(1) << below, zeros);
    for (zeros &= rest; run > 0; run--)
        zeros ^= highest(zeros);
    return highest(zeros);
}

/* Those bits of the set whose turn, from the lowest on, is a 1 in `value`. */
static _inline_ uint64_t pick_bits(uint64_t set, uint64_t value, const bool pdep)
{
    uint64_t picked = 0;

    if (pdep)
        return deposit(value, set);
    for (; set != 0; set &= set - 1, value >>= 1)
        picked |= value & 1 ? set & -set : 0;
    return picked;
}

/* Takes up to 63 bits, of which 32 are there, and adds them to *taken; without `keep` they are
 * skipped. */
static _inline_ void take_bits(struct bit_reader *bits, unsigned count, uint64_t *taken,
                               const bool keep)
{
    if (__builtin_expect(count > 32, 0)) {
        *taken = *taken << 32 | bits_take(bits, 32);
        count -= 32;
        bits_refill(bits);
    }
    if (keep)
        *taken = *taken << count | bits_take(bits, count);
    else
        bits_drop(bits, count);
}

/* Adds the scan's bit to the magnitudes of these coefficients. Those that were zero become positive
 * but for the `negative` ones. */
static _inline_ void correct_magnitudes(const struct ac_scan *ac, int16_t *block, uint64_t which,
                                        uint64_t negative)
{
    const uint8_t *place = ac->place + 63;
    const int step = 1 << ac->low;

    for (which &= ac->wanted; which != 0; which &= which - 1) {
        const int n = __builtin_ctzll(which);
        int16_t *coefficient = &block[place[-n]];
        const int sign = *coefficient >> 15 | -(int)(negative >> n & 1);

        *coefficient = (int16_t)(*coefficient + ((step ^ sign) - sign));
    }
}

/*
 * A block of a refinement (T.81, G.1.2.3): new coefficients of +-1, and a bit for each that is not
 * zero already, in their order. Only counts are needed to find the next symbol: how many zeros and
 * how many others are left. No branch asks for a single coefficient before all symbols are read: it
 * would be mispredicted nearly every time, which was half of the time of progressive JPEGs.
 */
static _inline_ bool refine(struct ac_scan *ac, struct bit_reader *bits, int16_t *block,
                            uint64_t *history, const bool pdep, const bool keep)
{
    const uint64_t before = *history & ac->band, zeros = ac->band & ~before;
    uint64_t rest = ac->end_run == 0 ? ac->band : 0; /* what symbols are still to come for */
    unsigned zeros_left = (unsigned)__builtin_popcountll(zeros);
    unsigned before_left = (unsigned)__builtin_popcountll(before);
    uint64_t corrections = 0;         /* the bits of `before`, the last one lowest */
    uint64_t added = 0, negative = 0; /* new ones, and which of them are -1 */

    while (rest != 0) {
        unsigned symbol, run, size, left;

        bits_refill(bits);
        symbol = bits_symbol(bits, &ac_table);
        run = symbol >> 4 & 15;
        size = symbol & 15;
        if (symbol == 0 || size > 1)
            return false;
        bits_drop(bits, symbol >> 8);
        if (size == 0 && run < 15) {
            ac->end_run = (1U << run) + bits_take(bits, run);
            break;
        }
        if (run < zeros_left) {
            uint64_t target;

            zeros_left -= run + 1;
            target = select_bit(zeros, rest, run, zeros_left, pdep);
            rest &= target - 1;
            if (size > 0) {
                added |= target;
                negative |= target & ((uint64_t)bits_take(bits, 1) - 1);
            }
        } else if (size > 0) {
            return false;
        } else {
            rest = 0; /* of sixteen zeros some are past the band */
        }
        left = (unsigned)__builtin_popcountll(before & rest);
        take_bits(bits, before_left - left, &corrections, keep);
        before_left = left;
    }
    *history |= added;
    if (before_left > 0) {
        bits_refill(bits);
        take_bits(bits, before_left, &corrections, keep);
    }
    if (keep)
        correct_magnitudes(ac, block, pick_bits(before, corrections, pdep) | added, negative);
    return true;
}

static _inline_ int read_ac_block(struct ac_scan *ac, struct bit_reader *bits, size_t index,
                                  int16_t *block, const bool refinement, const bool pdep,
                                  const bool keep)
{
    const struct component_coefficients *component = ac->component;
    uint64_t seen = 0;

    if (ac->reader.restart_interval != 0) {
        bool restarted;
        int status = scan_reader_restart(&ac->reader, &restarted);

        if (status != 0)
            return status;
        if (restarted) {
            *bits = ac->reader.bits;
            ac->end_run = 0;
        }
    }
    if (refinement) {
        if (!refine(ac, bits, block, &component->history[index], pdep, keep))
            return STATUS_IMAGE_CORRUPT;
    } else if (ac->end_run == 0) {
        if (!read_first(ac, bits, block, &seen, keep))
            return STATUS_IMAGE_CORRUPT;
        if (component->history != NULL)
            component->history[index] |= seen;
    }
    ac->end_run -= ac->end_run > 0;
    return reader_is_past_end(&ac->reader, bits) ? STATUS_IMAGE_CORRUPT : 0;
}

/* Consecutive blocks of the component, and where they are kept. */
struct block_run {
    size_t first, count;
    int16_t *blocks; /* NULL: they are skipped */
    size_t stride;
};

static _inline_ int read_ac_run(struct ac_scan *ac, const struct block_run *run,
                                const bool refinement, const bool pdep, const bool keep)
{
    struct bit_reader bits = ac->reader.bits;
    const struct block_run own = *run; /* a copy, so that its members stay in registers */

    for (size_t i = 0; i < own.count; i++) {
        int16_t *block = keep ? own.blocks + i * own.stride : NULL;
        int status = read_ac_block(ac, &bits, own.first + i, block, refinement, pdep, keep);

        if (status != 0)
            return status;
    }
    ac->reader.bits = bits;
    return 0;
}

typedef int block_function(struct ac_scan *ac, const struct block_run *run);

_multiversion_ static int read_first_run(struct ac_scan *ac, const struct block_run *run)
{
    return read_ac_run(ac, run, false, false, true);
}

_multiversion_ static int pass_first_run(struct ac_scan *ac, const struct block_run *run)
{
    return read_ac_run(ac, run, false, false, false);
}

_multiversion_ static int refine_run(struct ac_scan *ac, const struct block_run *run)
{
    return read_ac_run(ac, run, true, false, true);
}

_multiversion_ static int refine_run_pdep(struct ac_scan *ac, const struct block_run *run)
{
    return read_ac_run(ac, run, true, true, true);
}

_multiversion_ static int pass_refinement_run(struct ac_scan *ac, const struct block_run *run)
{
    return read_ac_run(ac, run, true, false, false);
}

_multiversion_ static int pass_refinement_run_pdep(struct ac_scan *ac, const struct block_run *run)
{
    return read_ac_run(ac, run, true, true, false);
}

/* The readers of the scan's blocks: with some of the band kept, and with none. */
struct block_functions {
    block_function *read, *pass;
};

static struct block_functions choose_block_functions(const struct jpeg_scan *scan, bool pdep)
{
    if (scan->high == 0)
        return (struct block_functions){read_first_run, pass_first_run};
    if (pdep)
        return (struct block_functions){refine_run_pdep, pass_refinement_run_pdep};
    return (struct block_functions){refine_run, pass_refinement_run};
}

/* Reads blocks, and keeps their coefficients up to `last`. */
static int read_run(struct ac_scan *ac, const struct block_functions *functions,
                    const struct block_run *run, unsigned last, const uint8_t *place)
{
    ac->kept = last;
    ac->wanted = run->blocks == NULL ? 0 : ac->band & set_between(0, last);
    ac->place = place;
    return ac->wanted != 0 ? functions->read(ac, run) : functions->pass(ac, run);
}

/* Blocks `from` to `to` of a row, as they are kept. */
enum block_kind { BLOCKS_PASSED, BLOCKS_AT_EDGE, BLOCKS_INSIDE };

static int read_part_of_row(struct ac_scan *ac, const struct block_functions *functions, size_t row,
                            size_t from, size_t to, enum block_kind kind)
{
    const struct component_coefficients *component = ac->component;
    struct block_run run = {.first = row * component->columns + from, .count = to - from};

    if (from >= to)
        return 0;
    if (kind == BLOCKS_AT_EDGE) {
        run.blocks = coefficients_edge_block(component, row, from);
        run.stride = EDGE_BLOCK;
        return read_run(ac, functions, &run, 63, component->edges->place);
    }
    if (kind == BLOCKS_INSIDE) {
        run.blocks = component->coefficients + run.first * component->stride;
        run.stride = component->stride;
    }
    return read_run(ac, functions, &run, component->last, component->place);
}

static size_t no_more_than(size_t count, size_t most)
{
    return count < most ? count : most;
}

/* A row of `count` blocks: of those that are wanted some lie at the edges. */
static int read_block_row(struct ac_scan *ac, const struct block_functions *functions, size_t row,
                          size_t count)
{
    const struct component_coefficients *component = ac->component;
    const struct jpeg_edges *edges = component->edges;
    struct edge_columns whole;
    size_t end;
    int status;

    if (edges == NULL)
        return read_part_of_row(ac, functions, row, 0, count,
                                component->wanted ? BLOCKS_INSIDE : BLOCKS_PASSED);
    if (row < edges->vertical.begin || row >= edges->vertical.end)
        return read_part_of_row(ac, functions, row, 0, count, BLOCKS_PASSED);
    whole = jpeg_edges_whole(edges, (uint32_t)row);
    end = no_more_than(edges->horizontal.end, count);
    if ((status = read_part_of_row(ac, functions, row, 0, edges->horizontal.begin,
                                   BLOCKS_PASSED)) != 0 ||
        (status = read_part_of_row(ac, functions, row, edges->horizontal.begin, whole.from,
                                   BLOCKS_AT_EDGE)) != 0 ||
        (status = read_part_of_row(ac, functions, row, whole.from, whole.to, BLOCKS_INSIDE)) != 0 ||
        (status = read_part_of_row(ac, functions, row, whole.to, end, BLOCKS_AT_EDGE)) != 0)
        return status;
    return read_part_of_row(ac, functions, row, end, count, BLOCKS_PASSED);
}

int progressive_read_ac(struct jpeg_coefficients *coefficients, const struct jpeg_scan *scan,
                        uint8_t *memory, const uint8_t **end, bool pdep)
{
    unsigned index = scan->component[0];
    const struct jpeg_component *size = &coefficients->layout->component[index];
    struct ac_scan ac = {.component = &coefficients->component[index],
                         .first = scan->first,
                         .last = scan->last,
                         .low = scan->low};
    const struct block_functions functions = choose_block_functions(scan, pdep);
    int status = huffman_build(&ac_table, &scan->ac[0], 255);

    if (status != 0)
        return status;
    ac.band = set_between(scan->first, scan->last);
    scan_reader_begin(&ac.reader, scan, memory);
    for (size_t row = 0; row < size->block_rows; row++)
        if ((status = read_block_row(&ac, &functions, row, size->block_columns)) != 0)
            return status;
    return scan_reader_finish(&ac.reader, end);
}
