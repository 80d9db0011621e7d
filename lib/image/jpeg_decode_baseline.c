/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_decode.h"

#include "base/status.h"
#include "image/jpeg_entropy.h"
#include "image/jpeg_idct.h"
#include "image/jpeg_memory.h"
#include "image/jpeg_progression.h"

#include <errno.h>

/*
 * Baseline: each block is decoded as far as its wanted coefficients go, passed over from there to its
 * end, transformed, and forgotten. No coefficient outlives its block.
 */

/* AC coefficients with their values, where code and value lie in one window. */
struct value_table {
    struct skip_table skip;
    /* From the lowest: bits; run of zeros before (SKIP_END: the block ends); value. 0: take the slow
     * way. */
    int32_t look[1 << ENTROPY_WINDOW];
};

struct part {                  /* a component in the scan */
    struct huffman *dc_table;
    struct value_table *ac_table;
    struct idct idct;
    bool wanted;
    unsigned h, v;             /* blocks in an MCU */
    int32_t dc;
    uint8_t *to;               /* of the MCU row's first block */
    size_t pitch;
};

struct decoder {
    struct scan_reader scan;
    unsigned parts;
    struct part part[JPEG_COMPONENTS_MAX];
    uint32_t mcus_across, mcus_down;
};

static struct huffman dc_tables[JPEG_COMPONENTS_MAX];
static struct value_table ac_tables[JPEG_COMPONENTS_MAX];

static int32_t build_value(const struct huffman *huffman, unsigned window)
{
    unsigned symbol = huffman->first[window], length = symbol >> 8, size = symbol & 15;
    unsigned run = symbol >> 4 & 15, bits = length + size;
    int value = 0;

    if (symbol == 0 || bits > ENTROPY_WINDOW)
        return 0;
    if (size == 0)
        return (int32_t)(length | (run == 15 ? 15 : SKIP_END) << 8);
    value = (int)(window >> (ENTROPY_WINDOW - bits) & ((1U << size) - 1));
    if (value >> (size - 1) == 0)
        value -= (1 << size) - 1;
    return (int32_t)((uint32_t)value << 16 | run << 8 | bits);
}

static int value_table_build(struct value_table *table, const struct jpeg_table *source)
{
    int r = skip_table_build(&table->skip, source);

    for (unsigned window = 0; r == 0 && window < 1U << ENTROPY_WINDOW; window++)
        table->look[window] = build_value(&table->skip.huffman, window);
    return r;
}

/* A block's AC coefficients: those up to idct.last into their places, the rest passed over. *flat:
 * there were none to keep. False: broken. */
static _inline_ bool read_ac(struct bit_reader *bits, const struct part *part, int16_t *block,
                             bool *flat)
{
    const struct value_table *table = part->ac_table;
    unsigned k = 1;

    *flat = true;
    while (k <= part->idct.last) {
        int32_t look;
        unsigned run, size, symbol;

        bits_refill(bits);
        look = table->look[bits_peek(bits, ENTROPY_WINDOW)];
        run = look >> 8 & 0xff;
        if (__builtin_expect(look != 0, 1)) {
            bits_drop(bits, look & 0xff);
            if (run == SKIP_END)
                return true;
            k += run;
            if (__builtin_expect(k > 63, 0))
                return look >> 16 == 0 && k == 64; /* zeros to the end */
            block[part->idct.place[k++]] = (int16_t)(look >> 16);
            *flat = false;
            continue;
        }
        symbol = bits_symbol(bits, &table->skip.huffman);
        if (symbol == 0)
            return false;
        run = symbol >> 4 & 15;
        size = symbol & 15;
        bits_drop(bits, symbol >> 8);
        if (size == 0 && run != 15)
            return true;
        k += run;
        if (k > 63)
            return false;
        block[part->idct.place[k++]] = (int16_t)bits_take_signed(bits, size);
        *flat = false;
    }
    return bits_skip_ac(bits, &table->skip, k);
}

static _inline_ bool decode_block(struct bit_reader *bits, struct part *part, uint8_t *to)
{
    int16_t block[IDCT_BLOCK] __attribute__((aligned(16)));
    int difference;
    bool flat;

    if (!bits_dc(bits, part->dc_table, &difference))
        return false;
    part->dc = (int32_t)((uint32_t)part->dc + (uint32_t)difference);
    if (!part->wanted)
        return bits_skip_ac(bits, &part->ac_table->skip, 1);
    if (part->idct.points == 1) {
        idct_flat(&part->idct, part->dc, to, part->pitch);
        return bits_skip_ac(bits, &part->ac_table->skip, 1);
    }
    memset(block, 0, part->idct.points > 4 ? sizeof(block) : sizeof(block) / 2);
    if (!read_ac(bits, part, block, &flat))
        return false;
    block[0] = (int16_t)part->dc;
    if (flat)
        idct_flat(&part->idct, block[0], to, part->pitch);
    else
        idct_block(&part->idct, block, to, part->pitch);
    return true;
}

static _inline_ bool decode_mcu(struct decoder *decoder, struct bit_reader *bits, uint32_t column)
{
    for (unsigned i = 0; i < decoder->parts; i++) {
        struct part *part = &decoder->part[i];
        const size_t points = part->idct.points;

        for (unsigned y = 0; y < part->v; y++)
            for (unsigned x = 0; x < part->h; x++) {
                uint8_t *to = part->to + y * points * part->pitch +
                              ((size_t)column * part->h + x) * points;

                if (!decode_block(bits, part, to))
                    return false;
            }
    }
    return !reader_is_past_end(&decoder->scan, bits);
}

_hot_ static int decode_mcu_row(struct decoder *decoder)
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

static int part_begin(struct part *part, unsigned n, const struct jpeg_layout *layout,
                      const struct jpeg_scan *scan, const struct jpeg_decoding *decoding,
                      const struct plane *planes)
{
    unsigned index = scan->component[n];
    const struct jpeg_component *component = &layout->component[index];
    int r;

    part->dc_table = &dc_tables[n];
    part->ac_table = &ac_tables[n];
    if ((r = huffman_build(part->dc_table, &scan->dc[n], 15)) != 0 ||
        (r = value_table_build(part->ac_table, &scan->ac[n])) != 0)
        return r;
    idct_prepare(&part->idct, component, decoding->points);
    part->h = scan->components == 1 ? 1 : component->h;
    part->v = scan->components == 1 ? 1 : component->v;
    part->wanted = index < decoding->components;
    if (part->wanted) {
        part->to = planes[index].data;
        part->pitch = planes[index].pitch;
    }
    return 0;
}

static int decode_scan(const struct jpeg_layout *layout, const struct jpeg_scan *scan,
                       const struct jpeg_decoding *decoding, const struct plane *planes)
{
    struct decoder decoder = {.parts = scan->components};
    uint8_t *memory = jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN);
    const struct jpeg_component *first = &layout->component[scan->component[0]];
    unsigned total = 0;
    int r;

    if (memory == NULL)
        return -ENOMEM;
    for (unsigned n = 0; n < scan->components; n++) {
        if ((r = part_begin(&decoder.part[n], n, layout, scan, decoding, planes)) != 0)
            return r;
        total += decoder.part[n].h * decoder.part[n].v;
    }
    if (total > 10)
        return STATUS_IMAGE_CORRUPT;
    decoder.mcus_across = (layout->width + 8 * layout->h_max - 1) / (8 * layout->h_max);
    decoder.mcus_down = (layout->height + 8 * layout->v_max - 1) / (8 * layout->v_max);
    if (scan->components == 1) {
        decoder.mcus_across = first->blocks_across;
        decoder.mcus_down = first->blocks_down;
    }
    scan_reader_begin(&decoder.scan, scan, memory);
    for (uint32_t row = 0; row < decoder.mcus_down; row++) {
        if ((r = decode_mcu_row(&decoder)) != 0)
            return r;
        for (unsigned n = 0; n < decoder.parts; n++)
            decoder.part[n].to += decoder.part[n].pitch * decoder.part[n].v * decoding->points;
    }
    return scan_reader_finish(&decoder.scan);
}

int jpeg_decode_baseline(const struct jpeg_layout *layout, const struct jpeg_decoding *decoding,
                         struct plane *planes)
{
    bool decoded[JPEG_COMPONENTS_MAX] = {false};

    for (unsigned i = 0; i < layout->scans; i++) {
        const struct jpeg_scan *scan = &layout->scan[i];
        bool wanted = false;
        int r;

        for (unsigned n = 0; n < scan->components; n++) {
            if (decoded[scan->component[n]])
                return STATUS_IMAGE_CORRUPT; /* a component twice */
            decoded[scan->component[n]] = true;
            wanted |= scan->component[n] < decoding->components;
        }
        if (wanted && (r = decode_scan(layout, scan, decoding, planes)) != 0)
            return r;
    }
    for (unsigned i = 0; i < decoding->components; i++)
        if (!decoded[i])
            return STATUS_IMAGE_CORRUPT;
    return 0;
}
