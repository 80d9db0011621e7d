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

enum { MCU_BLOCKS_MAX = 10 }; /* T.81, B.2.3 */

static struct huffman dc_tables[JPEG_COMPONENTS_MAX];

/* A block of the next MCU. */
struct dc_block {
    unsigned component; /* its number in the scan */
    int16_t *at;        /* where its DC coefficient goes */
    size_t step;        /* from there to the same of the MCU after */
};

struct dc_scan {
    struct scan_reader reader;
    const struct jpeg_coefficients *coefficients;
    const struct jpeg_scan *scan;
    struct jpeg_mcus mcus;
    unsigned blocks; /* in an MCU */
    struct dc_block block[MCU_BLOCKS_MAX];
    uint32_t dc[JPEG_COMPONENTS_MAX]; /* the last one of each component */
    int16_t nowhere;                  /* where those go that are not wanted */
};

static int dc_scan_begin(struct dc_scan *dc, const struct jpeg_coefficients *coefficients,
                         const struct jpeg_scan *scan)
{
    int status;

    *dc = (struct dc_scan){.coefficients = coefficients,
                           .scan = scan,
                           .mcus = jpeg_scan_mcus(coefficients->layout, scan)};
    for (unsigned n = 0; scan->high == 0 && n < scan->components; n++)
        if ((status = huffman_build(&dc_tables[n], &scan->dc[n], 15)) != 0)
            return status;
    return 0;
}

/* Finds the blocks of the row's first MCU. */
static void dc_scan_begin_row(struct dc_scan *dc, size_t row)
{
    const bool alone = dc->scan->components == 1;
    struct dc_block *block = dc->block;

    for (unsigned n = 0; n < dc->scan->components; n++) {
        const unsigned index = dc->scan->component[n];
        const struct jpeg_component *size = &dc->coefficients->layout->component[index];
        const struct component_coefficients *component = &dc->coefficients->component[index];
        const unsigned h = alone ? 1 : size->h, v = alone ? 1 : size->v;

        for (unsigned i = 0; i < h * v; i++, block++) {
            const size_t number = (row * v + i / h) * component->columns + i % h;

            *block = (struct dc_block){.component = n, .at = &dc->nowhere};
            if (component->wanted) {
                block->at = component->coefficients + number * component->stride;
                block->step = (size_t)h * component->stride;
            }
        }
    }
    dc->blocks = (unsigned)(block - dc->block);
}

static _inline_ bool read_first_dcs(struct dc_scan *dc, struct bit_reader *bits, const unsigned low)
{
    for (unsigned i = 0; i < dc->blocks; i++) {
        struct dc_block *block = &dc->block[i];
        int32_t value;
        int difference;

        if (!bits_dc(bits, &dc_tables[block->component], &difference))
            return false;
        dc->dc[block->component] += (uint32_t)difference;
        value = (int32_t)(dc->dc[block->component] << low);
        if ((int16_t)value != value)
            return false;
        *block->at = (int16_t)value;
        block->at += block->step;
    }
    return true;
}

/* One bit for each block. */
static _inline_ void refine_dcs(struct dc_scan *dc, struct bit_reader *bits, const unsigned low)
{
    bits_refill(bits);
    for (unsigned i = 0; i < dc->blocks; i++) {
        struct dc_block *block = &dc->block[i];

        *block->at |= (int16_t)(bits_take(bits, 1) << low);
        block->at += block->step;
    }
}

/* Before an MCU. */
static int restart_dcs(struct dc_scan *dc, struct bit_reader *bits)
{
    bool restarted;
    int status = scan_reader_restart(&dc->reader, &restarted);

    if (status != 0 || !restarted)
        return status;
    *bits = dc->reader.bits;
    memset(dc->dc, 0, sizeof(dc->dc));
    return 0;
}

static _inline_ int read_dc_row(struct dc_scan *dc, const bool refinement)
{
    struct bit_reader bits = dc->reader.bits;
    const unsigned low = dc->scan->low;

    for (size_t column = 0; column < dc->mcus.columns; column++) {
        if (dc->reader.restart_interval != 0) {
            int status = restart_dcs(dc, &bits);

            if (status != 0)
                return status;
        }
        if (refinement)
            refine_dcs(dc, &bits, low);
        else if (!read_first_dcs(dc, &bits, low))
            return STATUS_IMAGE_CORRUPT;
        if (reader_is_past_end(&dc->reader, &bits))
            return STATUS_IMAGE_CORRUPT;
    }
    dc->reader.bits = bits;
    return 0;
}

_multiversion_ static int read_first_dc_row(struct dc_scan *dc)
{
    return read_dc_row(dc, false);
}

_multiversion_ static int refine_dc_row(struct dc_scan *dc)
{
    return read_dc_row(dc, true);
}

static int read_dc_scan(struct jpeg_coefficients *coefficients, const struct jpeg_scan *scan,
                        uint8_t *memory, const uint8_t **end)
{
    struct dc_scan dc;
    int status = dc_scan_begin(&dc, coefficients, scan);

    if (status != 0)
        return status;
    scan_reader_begin(&dc.reader, scan, memory);
    for (size_t row = 0; row < dc.mcus.rows; row++) {
        dc_scan_begin_row(&dc, row);
        status = scan->high == 0 ? read_first_dc_row(&dc) : refine_dc_row(&dc);
        if (status != 0)
            return status;
    }
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
