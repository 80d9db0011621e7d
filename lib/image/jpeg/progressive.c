/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/progressive.h"

#include "base/status.h"
#include "image/core/processor.h"
#include "image/jpeg/entropy.h"
#include "image/jpeg/memory.h"
#include "image/jpeg/progressive_ac.h"

#include <errno.h>

/*
 * DC scans: MCU by MCU, several components together. Scans of AC coefficients, which hold one
 * component, are in progressive_ac.c.
 */

static struct huffman dc_tables[JPEG_COMPONENTS_MAX];

struct dc_component {
    struct component_coefficients *coefficients;
    unsigned h, v; /* blocks in an MCU */
    uint32_t dc;
};

struct dc_scan {
    struct scan_reader reader;
    unsigned components;
    struct dc_component component[JPEG_COMPONENTS_MAX];
    struct jpeg_mcus mcus;
    unsigned low;
    bool refine;
};

static int dc_scan_begin(struct dc_scan *dc, struct jpeg_coefficients *coefficients,
                         const struct jpeg_scan *scan)
{
    const struct jpeg_layout *layout = coefficients->layout;
    bool alone = scan->components == 1;
    int status;

    *dc = (struct dc_scan){
        .components = scan->components, .low = scan->low, .refine = scan->high != 0};
    for (unsigned n = 0; n < scan->components; n++) {
        const struct jpeg_component *size = &layout->component[scan->component[n]];

        dc->component[n].coefficients = &coefficients->component[scan->component[n]];
        dc->component[n].h = alone ? 1 : size->h;
        dc->component[n].v = alone ? 1 : size->v;
        if (!dc->refine && (status = huffman_build(&dc_tables[n], &scan->dc[n], 15)) != 0)
            return status;
    }
    dc->mcus = jpeg_scan_mcus(layout, scan);
    return 0;
}

static _inline_ int16_t *find_dc(const struct component_coefficients *component, size_t block)
{
    return component->coefficients + block * component->stride;
}

static _inline_ bool read_dc(struct dc_scan *dc, struct bit_reader *bits, unsigned n, size_t block)
{
    struct dc_component *component = &dc->component[n];
    int32_t value;
    int difference;

    if (dc->refine) {
        bits_refill(bits);
        value = (int32_t)bits_take(bits, 1) << dc->low;
        if (component->coefficients->wanted)
            *find_dc(component->coefficients, block) |= (int16_t)value;
        return true;
    }
    if (!bits_dc(bits, &dc_tables[n], &difference))
        return false;
    component->dc += (uint32_t)difference;
    value = (int32_t)(component->dc << dc->low);
    if (component->coefficients->wanted)
        *find_dc(component->coefficients, block) = (int16_t)value;
    return (int16_t)value == value;
}

static _inline_ bool read_dc_mcu(struct dc_scan *dc, struct bit_reader *bits, size_t row,
                                 size_t column)
{
    for (unsigned n = 0; n < dc->components; n++) {
        const struct dc_component *component = &dc->component[n];

        for (unsigned y = 0; y < component->v; y++)
            for (unsigned x = 0; x < component->h; x++)
                if (!read_dc(dc, bits, n,
                             (row * component->v + y) * component->coefficients->columns +
                                 column * component->h + x))
                    return false;
    }
    return !reader_is_past_end(&dc->reader, bits);
}

_multiversion_ static int read_dc_row(struct dc_scan *dc, size_t row)
{
    struct bit_reader bits = dc->reader.bits;

    for (size_t column = 0; column < dc->mcus.columns; column++) {
        if (dc->reader.restart_interval != 0) {
            bool restarted;
            int status = scan_reader_restart(&dc->reader, &restarted);

            if (status != 0)
                return status;
            if (restarted)
                bits = dc->reader.bits;
            for (unsigned n = 0; restarted && n < dc->components; n++)
                dc->component[n].dc = 0;
        }
        if (!read_dc_mcu(dc, &bits, row, column))
            return STATUS_IMAGE_CORRUPT;
    }
    dc->reader.bits = bits;
    return 0;
}

static int read_dc_scan(struct jpeg_coefficients *coefficients, const struct jpeg_scan *scan,
                        uint8_t *memory, const uint8_t **end)
{
    struct dc_scan dc;
    int status = dc_scan_begin(&dc, coefficients, scan);

    if (status != 0)
        return status;
    scan_reader_begin(&dc.reader, scan, memory);
    for (size_t row = 0; row < dc.mcus.rows; row++)
        if ((status = read_dc_row(&dc, row)) != 0)
            return status;
    return scan_reader_finish(&dc.reader, end);
}

int progressive_read_scan(struct jpeg_coefficients *coefficients, const struct jpeg_scan *scan,
                          const uint8_t **end)
{
    uint8_t *memory = jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN);

    if (memory == NULL)
        return -ENOMEM;
    return scan->first == 0
               ? read_dc_scan(coefficients, scan, memory, end)
               : progressive_read_ac(coefficients, scan, memory, end, processor_has_quick_pdep());
}
