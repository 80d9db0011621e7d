/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_luma.h"

#include "base/status.h"
#include "image/jpeg_entropy.h"
#include "image/jpeg_memory.h"
#include "image/jpeg_progression.h"
#include "image/jpeg_writer.h"

#include <errno.h>

/*
 * The luma of a progressive JPEG. A scan of AC coefficients holds one component: the luma's are
 * copied byte for byte, the chroma's are not even looked at. Only the DC scans hold all components
 * together and are written anew. To notice a broken picture the luma's scans are walked, which asks
 * for one fact from scan to scan: which coefficients of a block are not zero, a bit each.
 */

struct progressive {
    const struct jpeg_layout *layout;
    struct jpeg_writer writer;
    struct jpeg_progression progression;
    uint64_t *history;         /* bit k of each block: coefficient k is not zero */
    uint8_t *bytes;            /* the scan under way, without stuffing */
    uint32_t across, down;     /* luma blocks that hold pixels */
    unsigned restart_interval; /* the last one written */
    struct jpeg_table ac;      /* the last one written */
};

static struct huffman dc_table[JPEG_COMPONENTS_MAX];
static struct huffman ac_table;

/* --- DC scans, written anew --------------------------------------------------------------------- */

struct dc_scan {
    struct scan_reader reader;
    const struct jpeg_scan *scan;
    unsigned luma;
    unsigned blocks[JPEG_COMPONENTS_MAX];
    unsigned h, v;
    uint32_t mcus_across, mcus_down;
    int32_t dc;
    int32_t *row;              /* v rows of mcus_across * h */
};

static int dc_scan_begin(struct dc_scan *dc, const struct progressive *picture,
                         const struct jpeg_scan *scan, unsigned luma)
{
    const struct jpeg_layout *layout = picture->layout;
    bool alone = scan->components == 1;
    unsigned total = 0;
    int r;

    *dc = (struct dc_scan){.scan = scan, .luma = luma};
    dc->h = alone ? 1 : layout->component[0].h;
    dc->v = alone ? 1 : layout->component[0].v;
    for (unsigned i = 0; i < scan->components; i++) {
        const struct jpeg_component *component = &layout->component[scan->component[i]];

        dc->blocks[i] = alone ? 1 : component->h * component->v;
        total += dc->blocks[i];
        if (scan->high == 0 && (r = huffman_build(&dc_table[i], &scan->dc[i], 15)) != 0)
            return r;
    }
    if (total > 10)
        return STATUS_IMAGE_CORRUPT;
    dc->mcus_across = (picture->across + dc->h - 1) / dc->h;
    dc->mcus_down = (picture->down + dc->v - 1) / dc->v;
    dc->row = jpeg_memory(MEMORY_ROWS, sizeof(*dc->row) * dc->mcus_across * dc->h * dc->v);
    if (dc->row == NULL)
        return -ENOMEM;
    scan_reader_begin(&dc->reader, scan, picture->bytes);
    return 0;
}

/* One block: its DC coefficient, or in a refinement its next bit. */
static _inline_ bool read_dc(struct dc_scan *dc, unsigned component, int *value)
{
    if (dc->scan->high == 0)
        return bits_dc(&dc->reader.bits, &dc_table[component], value);
    bits_refill(&dc->reader.bits);
    *value = (int)bits_take(&dc->reader.bits, 1);
    return true;
}

static _inline_ bool read_dc_mcu(struct dc_scan *dc, uint32_t column)
{
    for (unsigned i = 0; i < dc->scan->components; i++)
        for (unsigned n = 0; n < dc->blocks[i]; n++) {
            int value;
            size_t y = n / dc->h, x = n % dc->h;

            if (!read_dc(dc, i, &value))
                return false;
            if (i != dc->luma)
                continue;
            if (dc->scan->high == 0)
                value = dc->dc = (int32_t)((uint32_t)dc->dc + (uint32_t)value);
            dc->row[(y * dc->mcus_across + column) * dc->h + x] = value;
        }
    return !reader_is_past_end(&dc->reader, &dc->reader.bits);
}

_hot_ static int read_dc_row(struct dc_scan *dc)
{
    for (uint32_t column = 0; column < dc->mcus_across; column++) {
        bool restarted;
        int r = scan_reader_restart(&dc->reader, &restarted);

        if (r != 0)
            return r;
        if (restarted)
            dc->dc = 0;
        if (!read_dc_mcu(dc, column))
            return STATUS_IMAGE_CORRUPT;
    }
    return 0;
}

static int write_dc_row(struct jpeg_writer *writer, const struct dc_scan *dc, const int32_t *value,
                        uint32_t count, int32_t *last)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t difference = (int32_t)((uint32_t)value[i] - (uint32_t)*last);

        if (!writer_reserve(writer, 64))
            return STATUS_IMAGE_TOO_LARGE;
        if (dc->scan->high != 0) {
            writer_put(writer, (uint64_t)value[i], 1);
            continue;
        }
        if (difference < -2047 || difference > 2047)
            return -ENOTSUP;
        *last = value[i];
        writer_dc(writer, difference);
    }
    return 0;
}

static int rewrite_dc_scan(struct progressive *picture, const struct jpeg_scan *scan, unsigned luma)
{
    struct dc_scan dc;
    uint32_t rows_left = picture->down;
    int32_t last = 0;
    int r = dc_scan_begin(&dc, picture, scan, luma);

    if (r != 0)
        return r;
    if (picture->restart_interval != 0)
        writer_restart_interval(&picture->writer, 0);
    picture->restart_interval = 0;
    writer_scan(&picture->writer, scan);
    for (uint32_t row = 0; row < dc.mcus_down; row++) {
        if ((r = read_dc_row(&dc)) != 0)
            return r;
        for (unsigned y = 0; y < dc.v && rows_left > 0; y++, rows_left--) {
            r = write_dc_row(&picture->writer, &dc, dc.row + (size_t)y * dc.mcus_across * dc.h,
                             picture->across, &last);
            if (r != 0)
                return r;
        }
    }
    writer_flush(&picture->writer);
    return scan_reader_finish(&dc.reader);
}

/* --- AC scans, copied and walked ---------------------------------------------------------------- */

struct ac_walk {
    struct scan_reader reader;
    unsigned first, last;
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

/* A block's first pass over the band: notes which coefficients become other than zero. */
static _inline_ bool walk_first(struct ac_walk *walk, struct bit_reader *bits, uint64_t *history)
{
    uint64_t seen = 0;

    for (unsigned k = walk->first; k <= walk->last; k++) {
        unsigned symbol, run, size;

        bits_refill(bits);
        symbol = bits_symbol(bits, &ac_table);
        if (symbol == 0)
            return false;
        run = symbol >> 4 & 15;
        size = symbol & 15;
        bits_drop(bits, symbol >> 8);
        if (size == 0 && run < 15) {
            walk->end_run = (1U << run) + bits_take(bits, run);
            break;
        }
        bits_drop(bits, size);
        k += run;
        if (size > 0 && k > walk->last)
            return false;
        seen |= (uint64_t)(size > 0) << (k & 63);
    }
    *history |= seen;
    return true;
}

/* A refinement: a bit for each coefficient that is not zero already, and new ones of +-1. */
static _inline_ bool walk_refinement(struct ac_walk *walk, struct bit_reader *bits,
                                     uint64_t *history)
{
    const uint64_t before = *history & walk->band;
    uint64_t rest = walk->band; /* of the band, from coefficient k on */

    while (walk->end_run == 0 && rest != 0) {
        unsigned symbol, run, size;
        uint64_t zeros, target, passed;

        bits_refill(bits);
        symbol = bits_symbol(bits, &ac_table);
        run = symbol >> 4 & 15;
        size = symbol & 15;
        if (symbol == 0 || size > 1)
            return false;
        bits_drop(bits, (symbol >> 8) + size);
        if (size == 0 && run < 15) {
            walk->end_run = (1U << run) + bits_take(bits, run);
            break;
        }
        zeros = rest & ~before;
        for (; run > 0; run--)
            zeros &= zeros - 1;
        target = zeros & -zeros; /* where the run ends; 0: past the band */
        if (target == 0 && size > 0)
            return false;
        passed = target == 0 ? rest : rest & (target - 1);
        bits_skip(bits, (unsigned)__builtin_popcountll(passed & before));
        if (size > 0)
            *history |= target;
        rest &= ~(passed | target);
    }
    bits_skip(bits, (unsigned)__builtin_popcountll(rest & before));
    return true;
}

static _inline_ int walk_blocks(struct ac_walk *walk, uint64_t *history, size_t count, bool refine)
{
    struct bit_reader bits = walk->reader.bits;

    for (size_t i = 0; i < count; i++) {
        if (walk->reader.restart_interval != 0) {
            bool restarted;
            int r = scan_reader_restart(&walk->reader, &restarted);

            if (r != 0)
                return r;
            if (restarted) {
                bits = walk->reader.bits;
                walk->end_run = 0;
            }
        }
        if (refine ? !walk_refinement(walk, &bits, &history[i])
                   : walk->end_run == 0 && !walk_first(walk, &bits, &history[i]))
            return STATUS_IMAGE_CORRUPT;
        walk->end_run -= walk->end_run > 0;
        if (reader_is_past_end(&walk->reader, &bits))
            return STATUS_IMAGE_CORRUPT;
    }
    walk->reader.bits = bits;
    return scan_reader_finish(&walk->reader);
}

_hot_ static int walk_first_blocks(struct ac_walk *walk, uint64_t *history, size_t count)
{
    return walk_blocks(walk, history, count, false);
}

_hot_ static int walk_refined_blocks(struct ac_walk *walk, uint64_t *history, size_t count)
{
    return walk_blocks(walk, history, count, true);
}

static int copy_ac_scan(struct progressive *picture, const struct jpeg_scan *scan)
{
    struct ac_walk walk = {.first = scan->first, .last = scan->last};
    struct jpeg_writer *writer = &picture->writer;
    size_t count = (size_t)picture->across * picture->down;
    int r = huffman_build(&ac_table, &scan->ac[0], 255);

    if (r != 0)
        return r;
    walk.band = (~UINT64_C(0) >> (63 - scan->last)) & (~UINT64_C(0) << scan->first);
    scan_reader_begin(&walk.reader, scan, picture->bytes);
    r = scan->high == 0 ? walk_first_blocks(&walk, picture->history, count)
                        : walk_refined_blocks(&walk, picture->history, count);
    if (r != 0)
        return r;
    if (picture->restart_interval != scan->restart_interval)
        writer_restart_interval(writer, scan->restart_interval);
    picture->restart_interval = scan->restart_interval;
    if (picture->ac.counts != scan->ac[0].counts)
        writer_huffman(writer, 1, &scan->ac[0]);
    picture->ac = scan->ac[0];
    writer_scan(writer, scan);
    writer_bytes(writer, scan->data, (size_t)(scan->end - scan->data));
    return 0;
}

/* --- the file ----------------------------------------------------------------------------------- */

static int copy_scans(struct progressive *picture)
{
    const struct jpeg_layout *layout = picture->layout;

    for (unsigned i = 0; i < layout->scans; i++) {
        const struct jpeg_scan *scan = &layout->scan[i];
        int luma = scan_find_component(scan, 0), r;

        if (luma < 0)
            continue;
        if (!progression_advance(&picture->progression, scan))
            return STATUS_IMAGE_CORRUPT;
        r = scan->first == 0 ? rewrite_dc_scan(picture, scan, (unsigned)luma)
                             : copy_ac_scan(picture, scan);
        if (r != 0)
            return r;
    }
    return picture->progression.low[0] < 0 ? STATUS_IMAGE_CORRUPT : 0;
}

static size_t largest_scan(const struct jpeg_layout *layout)
{
    size_t largest = 0;

    for (unsigned i = 0; i < layout->scans; i++) {
        size_t size = (size_t)(layout->scan[i].end - layout->scan[i].data);

        if (size > largest)
            largest = size;
    }
    return largest;
}

int jpeg_luma_progressive(const struct jpeg_layout *layout, uint8_t *output, size_t capacity,
                          size_t *size)
{
    const struct jpeg_component *luma = &layout->component[0];
    struct progressive picture = {
        .layout = layout, .across = luma->blocks_across, .down = luma->blocks_down};
    size_t history_bytes = sizeof(*picture.history) * luma->blocks_across * luma->blocks_down;
    int r;

    if (luma->quantization == NULL)
        return STATUS_IMAGE_CORRUPT;
    picture.bytes = jpeg_memory(MEMORY_SCAN, largest_scan(layout) + ENTROPY_MARGIN);
    picture.history = jpeg_memory(MEMORY_HISTORY, history_bytes);
    if (picture.bytes == NULL || picture.history == NULL)
        return -ENOMEM;
    memset(picture.history, 0, history_bytes);
    progression_begin(&picture.progression);
    writer_begin(&picture.writer, output, capacity);
    writer_gray_header(&picture.writer, layout);
    writer_huffman(&picture.writer, 0, &writer_dc_table);
    if ((r = copy_scans(&picture)) != 0)
        return r;
    *size = writer_finish(&picture.writer);
    return *size == 0 ? STATUS_IMAGE_TOO_LARGE : 0;
}

int jpeg_luma(const struct jpeg_layout *layout, uint8_t *output, size_t capacity, size_t *size)
{
    const struct jpeg_component *luma = &layout->component[0];

    if (luma->h != layout->h_max || luma->v != layout->v_max)
        return -ENOTSUP;
    return layout->progressive ? jpeg_luma_progressive(layout, output, capacity, size)
                               : jpeg_luma_baseline(layout, output, capacity, size);
}
