/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/progressive.h"

#include "base/status.h"
#include "image/jpeg/entropy.h"
#include "image/jpeg/memory.h"

#include <errno.h>

/*
 * A scan tells either DC coefficients, of all components together and MCU by MCU, or a band of AC
 * coefficients of one component (progressive_ac.c). Here are the former.
 */

static struct huffman dc_tables[JPEG_COMPONENTS_MAX];

void progressive_begin(struct progressive *progressive, const struct jpeg_layout *layout)
{
    memset(progressive, 0, sizeof(*progressive));
    progressive->layout = layout;
    for (unsigned i = 0; i < layout->components; i++) {
        const struct jpeg_component *component = &layout->component[i];
        struct progressive_component *to = &progressive->component[i];

        to->across = (layout->width + 8U * layout->h_max - 1) / (8U * layout->h_max) * component->h;
        to->down = (layout->height + 8U * layout->v_max - 1) / (8U * layout->v_max) * component->v;
    }
}

static bool is_refined(const struct jpeg_layout *layout, unsigned component)
{
    for (unsigned i = 0; i < layout->scans; i++)
        if (layout->scan[i].first > 0 && layout->scan[i].high > 0 &&
            layout->scan[i].component[0] == component)
            return true;
    return false;
}

/* The coefficients of all blocks, and then those of the blocks at the edges. */
static size_t shorts_of(const struct progressive_component *component)
{
    size_t blocks = component->across * component->down * component->stride;

    if (!component->wanted)
        return 0;
    return component->edges == NULL ? blocks
                                    : blocks + progressive_edge_blocks(component) * EDGE_BLOCK;
}

static size_t blocks_of(const struct progressive_component *component)
{
    return component->across * component->down;
}

int progressive_allocate(struct progressive *progressive)
{
    const struct jpeg_layout *layout = progressive->layout;
    size_t shorts = 0, histories = 0;
    int16_t *coefficients;
    uint64_t *history;

    for (unsigned i = 0; i < layout->components; i++) {
        const struct progressive_component *component = &progressive->component[i];

        shorts += shorts_of(component);
        histories += is_refined(layout, i) ? blocks_of(component) : 0;
    }
    coefficients = jpeg_memory(MEMORY_COEFFICIENTS, shorts * sizeof(*coefficients));
    history = jpeg_memory(MEMORY_HISTORY, histories * sizeof(*history));
    if (coefficients == NULL || history == NULL)
        return -ENOMEM;
    memset(coefficients, 0, shorts * sizeof(*coefficients));
    memset(history, 0, histories * sizeof(*history));
    for (unsigned i = 0; i < layout->components; i++) {
        struct progressive_component *component = &progressive->component[i];

        component->coefficients = component->wanted ? coefficients : NULL;
        component->edge_coefficients = coefficients + blocks_of(component) * component->stride;
        coefficients += shorts_of(component);
        component->history = is_refined(layout, i) ? history : NULL;
        history += is_refined(layout, i) ? blocks_of(component) : 0;
    }
    return 0;
}

struct dc_part { /* a component in the scan */
    struct progressive_component *component;
    unsigned h, v; /* blocks in an MCU */
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
    int r;

    *dc = (struct dc_scan){.parts = scan->components, .low = scan->low, .refine = scan->high != 0};
    for (unsigned n = 0; n < scan->components; n++) {
        const struct jpeg_component *component = &layout->component[scan->component[n]];

        dc->part[n].component = &progressive->component[scan->component[n]];
        dc->part[n].h = alone ? 1 : component->h;
        dc->part[n].v = alone ? 1 : component->v;
        if (!dc->refine && (r = huffman_build(&dc_tables[n], &scan->dc[n], 15)) != 0)
            return r;
    }
    dc->mcus_across = (layout->width + 8U * layout->h_max - 1) / (8U * layout->h_max);
    dc->mcus_down = (layout->height + 8U * layout->v_max - 1) / (8U * layout->v_max);
    if (alone) {
        dc->mcus_across = first->block_columns;
        dc->mcus_down = first->block_rows;
    }
    return 0;
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

_multiversion_ static int read_dc_row(struct dc_scan *dc, size_t row)
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
                        uint8_t *memory, const uint8_t **end)
{
    struct dc_scan dc;
    int r = dc_scan_begin(&dc, progressive, scan);

    if (r != 0)
        return r;
    scan_reader_begin(&dc.reader, scan, memory);
    for (size_t row = 0; row < dc.mcus_down; row++)
        if ((r = read_dc_row(&dc, row)) != 0)
            return r;
    return scan_reader_finish(&dc.reader, end);
}

int progressive_read_scan(struct progressive *progressive, const struct jpeg_scan *scan,
                          const uint8_t **end)
{
    uint8_t *memory = jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN);

    if (memory == NULL)
        return -ENOMEM;
    return scan->first == 0 ? read_dc_scan(progressive, scan, memory, end)
                            : progressive_read_ac(progressive, scan, memory, end);
}
