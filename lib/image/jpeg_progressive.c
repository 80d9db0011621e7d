/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_progressive.h"

#include "base/status.h"
#include "image/jpeg_entropy.h"
#include "image/jpeg_memory.h"

#include <errno.h>

/*
 * A scan tells either DC coefficients, of all components together and MCU by MCU, or a band of AC
 * coefficients of one component, block by block without the blocks that only fill MCUs up.
 */

static struct huffman dc_tables[JPEG_COMPONENTS_MAX];
static struct huffman ac_table;

void progressive_begin(struct progressive *progressive, const struct jpeg_layout *layout)
{
    memset(progressive, 0, sizeof(*progressive));
    progressive->layout = layout;
    for (unsigned i = 0; i < layout->components; i++) {
        const struct jpeg_component *component = &layout->component[i];
        struct progressive_component *to = &progressive->component[i];

        to->across = (layout->width + 8U * layout->h_max - 1) / (8U * layout->h_max) * component->h;
        to->down = (layout->height + 8U * layout->v_max - 1) / (8U * layout->v_max) * component->v;
        progression_begin(&to->progression);
    }
}

/* --- DC ----------------------------------------------------------------------------------------- */

struct dc_part {               /* a component in the scan */
    struct progressive_component *component;
    unsigned h, v;             /* blocks in an MCU */
    uint32_t dc;
};

struct dc_scan {
    struct scan_reader reader;
    unsigned parts;
    struct dc_part part[JPEG_COMPONENTS_MAX];
    size_t mcus_across, mcus_down;
    unsigned low;
    bool refine;
};

static int dc_scan_begin(struct dc_scan *dc, struct progressive *progressive,
                         const struct jpeg_scan *scan)
{
    const struct jpeg_layout *layout = progressive->layout;
    const struct jpeg_component *first = &layout->component[scan->component[0]];
    bool alone = scan->components == 1;
    unsigned total = 0;
    int r;

    *dc = (struct dc_scan){
        .parts = scan->components, .low = scan->low, .refine = scan->high != 0};
    for (unsigned n = 0; n < scan->components; n++) {
        const struct jpeg_component *component = &layout->component[scan->component[n]];

        dc->part[n].component = &progressive->component[scan->component[n]];
        dc->part[n].h = alone ? 1 : component->h;
        dc->part[n].v = alone ? 1 : component->v;
        total += dc->part[n].h * dc->part[n].v;
        if (!dc->refine && (r = huffman_build(&dc_tables[n], &scan->dc[n], 15)) != 0)
            return r;
    }
    dc->mcus_across = (layout->width + 8U * layout->h_max - 1) / (8U * layout->h_max);
    dc->mcus_down = (layout->height + 8U * layout->v_max - 1) / (8U * layout->v_max);
    if (alone) {
        dc->mcus_across = first->blocks_across;
        dc->mcus_down = first->blocks_down;
    }
    return total > 10 ? STATUS_IMAGE_CORRUPT : 0;
}

static _inline_ int16_t *find_dc(const struct progressive_component *component, size_t block)
{
    return component->coefficients + block * component->stride;
}

static _inline_ bool read_dc(struct dc_scan *dc, struct bit_reader *bits, unsigned n, size_t block)
{
    struct dc_part *part = &dc->part[n];
    int32_t value;
    int difference;

    if (dc->refine) {
        bits_refill(bits);
        value = (int32_t)bits_take(bits, 1) << dc->low;
        if (part->component->wanted)
            *find_dc(part->component, block) |= (int16_t)value;
        return true;
    }
    if (!bits_dc(bits, &dc_tables[n], &difference))
        return false;
    part->dc += (uint32_t)difference;
    value = (int32_t)(part->dc << dc->low);
    if (part->component->wanted)
        *find_dc(part->component, block) = (int16_t)value;
    return (int16_t)value == value;
}

static _inline_ bool read_dc_mcu(struct dc_scan *dc, struct bit_reader *bits, size_t row,
                                 size_t column)
{
    for (unsigned n = 0; n < dc->parts; n++) {
        const struct dc_part *part = &dc->part[n];

        for (unsigned y = 0; y < part->v; y++)
            for (unsigned x = 0; x < part->h; x++)
                if (!read_dc(dc, bits, n,
                             (row * part->v + y) * part->component->across + column * part->h + x))
                    return false;
    }
    return !reader_is_past_end(&dc->reader, bits);
}

_hot_ static int read_dc_row(struct dc_scan *dc, size_t row)
{
    struct bit_reader bits = dc->reader.bits;

    for (size_t column = 0; column < dc->mcus_across; column++) {
        if (dc->reader.restart_interval != 0) {
            bool restarted;
            int r = scan_reader_restart(&dc->reader, &restarted);

            if (r != 0)
                return r;
            if (restarted)
                bits = dc->reader.bits;
            for (unsigned n = 0; restarted && n < dc->parts; n++)
                dc->part[n].dc = 0;
        }
        if (!read_dc_mcu(dc, &bits, row, column))
            return STATUS_IMAGE_CORRUPT;
    }
    dc->reader.bits = bits;
    return 0;
}

static int read_dc_scan(struct progressive *progressive, const struct jpeg_scan *scan,
                        uint8_t *memory)
{
    struct dc_scan dc;
    int r = dc_scan_begin(&dc, progressive, scan);

    if (r != 0)
        return r;
    scan_reader_begin(&dc.reader, scan, memory);
    for (size_t row = 0; row < dc.mcus_down; row++)
        if ((r = read_dc_row(&dc, row)) != 0)
            return r;
    return scan_reader_finish(&dc.reader);
}

/* --- AC ----------------------------------------------------------------------------------------- */

struct ac_scan {
    struct scan_reader reader;
    const struct progressive_component *component;
    unsigned first, last, low;
    uint64_t band;             /* bits first..last */
    uint32_t end_run;          /* blocks, this one included, that have no more coefficients */
};

/* Bits of no interest; more than one refill gives. */
static _inline_ void bits_skip(struct bit_reader *bits, unsigned n)
{
    for (; n > 48; n -= 48) {
        bits_refill(bits);
        bits_drop(bits, 48);
    }
    bits_refill(bits);
    bits_drop(bits, n);
}

/* A block's first pass over the band. *seen: which coefficients became other than zero. */
static _inline_ bool read_first(struct ac_scan *ac, struct bit_reader *bits, int16_t *block,
                                uint64_t *seen)
{
    const struct progressive_component *component = ac->component;

    *seen = 0;
    for (unsigned k = ac->first; k <= ac->last; k++) {
        unsigned symbol, run, size;

        bits_refill(bits);
        symbol = bits_symbol(bits, &ac_table);
        run = symbol >> 4 & 15;
        size = symbol & 15;
        bits_drop(bits, symbol >> 8);
        if (__builtin_expect(size == 0, 0)) {
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
        if (k > ac->last)
            return false;
        *seen |= UINT64_C(1) << k;
        if (k <= component->last)
            block[component->place[k]] =
                (int16_t)((uint32_t)bits_take_signed(bits, size) << ac->low);
        else
            bits_drop(bits, size);
    }
    return true;
}

/* A bit for each coefficient of `which` that is not zero already: one more of its magnitude. */
static _inline_ void read_corrections(const struct ac_scan *ac, struct bit_reader *bits,
                                      int16_t *block, uint64_t which)
{
    const struct progressive_component *component = ac->component;

    for (; which != 0; which &= which - 1) {
        unsigned k = (unsigned)__builtin_ctzll(which);
        int16_t *coefficient;
        int one;

        if (k > component->last) {
            bits_skip(bits, (unsigned)__builtin_popcountll(which));
            return;
        }
        coefficient = &block[component->place[k]];
        bits_refill(bits);
        one = (int)bits_take(bits, 1) << ac->low;
        *coefficient = (int16_t)(*coefficient + (*coefficient < 0 ? -one : one));
    }
}

/* A refinement of a block: corrections, and new coefficients of +-1. */
static _inline_ bool refine(struct ac_scan *ac, struct bit_reader *bits, int16_t *block,
                            uint64_t *history)
{
    const struct progressive_component *component = ac->component;
    const uint64_t before = *history & ac->band;
    uint64_t rest = ac->band;  /* of the band, from coefficient k on */

    while (ac->end_run == 0 && rest != 0) {
        unsigned symbol, run, size;
        uint64_t zeros, target, passed;
        int value = 0;

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
        if (size > 0)
            value = bits_take(bits, 1) ? 1 << ac->low : -(1 << ac->low);
        zeros = rest & ~before;
        for (; run > 0; run--)
            zeros &= zeros - 1;
        target = zeros & -zeros; /* where the run ends; 0: past the band */
        if (target == 0 && size > 0)
            return false;
        passed = target == 0 ? rest : rest & (target - 1);
        read_corrections(ac, bits, block, passed & before);
        if (size > 0) {
            unsigned k = (unsigned)__builtin_ctzll(target);

            *history |= target;
            if (k <= component->last)
                block[component->place[k]] = (int16_t)value;
        }
        rest &= ~(passed | target);
    }
    read_corrections(ac, bits, block, rest & before);
    return true;
}

static _inline_ int read_ac_block(struct ac_scan *ac, struct bit_reader *bits, size_t index,
                                  bool refinement)
{
    const struct progressive_component *component = ac->component;
    int16_t *block = component->coefficients + index * component->stride;
    uint64_t seen = 0;

    if (ac->reader.restart_interval != 0) {
        bool restarted;
        int r = scan_reader_restart(&ac->reader, &restarted);

        if (r != 0)
            return r;
        if (restarted) {
            *bits = ac->reader.bits;
            ac->end_run = 0;
        }
    }
    if (refinement) {
        if (!refine(ac, bits, block, &component->history[index]))
            return STATUS_IMAGE_CORRUPT;
    } else if (ac->end_run == 0) {
        if (!read_first(ac, bits, block, &seen))
            return STATUS_IMAGE_CORRUPT;
        if (component->history != NULL)
            component->history[index] |= seen;
    }
    ac->end_run -= ac->end_run > 0;
    return reader_is_past_end(&ac->reader, bits) ? STATUS_IMAGE_CORRUPT : 0;
}

static _inline_ int read_ac_row(struct ac_scan *ac, size_t first, size_t count, bool refinement)
{
    struct bit_reader bits = ac->reader.bits;

    for (size_t index = first; index < first + count; index++) {
        int r = read_ac_block(ac, &bits, index, refinement);

        if (r != 0)
            return r;
    }
    ac->reader.bits = bits;
    return 0;
}

_hot_ static int read_first_row(struct ac_scan *ac, size_t first, size_t count)
{
    return read_ac_row(ac, first, count, false);
}

_hot_ static int refine_row(struct ac_scan *ac, size_t first, size_t count)
{
    return read_ac_row(ac, first, count, true);
}

static int read_ac_scan(struct progressive *progressive, const struct jpeg_scan *scan,
                        uint8_t *memory)
{
    unsigned index = scan->component[0];
    const struct jpeg_component *size = &progressive->layout->component[index];
    struct ac_scan ac = {.component = &progressive->component[index],
                         .first = scan->first,
                         .last = scan->last,
                         .low = scan->low};
    int r = huffman_build(&ac_table, &scan->ac[0], 255);

    if (r != 0)
        return r;
    ac.band = (~UINT64_C(0) >> (63 - scan->last)) & (~UINT64_C(0) << scan->first);
    scan_reader_begin(&ac.reader, scan, memory);
    for (size_t row = 0; row < size->blocks_down; row++) {
        size_t first = row * ac.component->across;

        r = scan->high == 0 ? read_first_row(&ac, first, size->blocks_across)
                            : refine_row(&ac, first, size->blocks_across);
        if (r != 0)
            return r;
    }
    return scan_reader_finish(&ac.reader);
}

int progressive_read_scan(struct progressive *progressive, const struct jpeg_scan *scan)
{
    uint8_t *memory = jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN);

    if (memory == NULL)
        return -ENOMEM;
    for (unsigned n = 0; n < scan->components; n++)
        if (!progression_advance(&progressive->component[scan->component[n]].progression, scan))
            return STATUS_IMAGE_CORRUPT;
    return scan->first == 0 ? read_dc_scan(progressive, scan, memory)
                            : read_ac_scan(progressive, scan, memory);
}
