/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/luma_progressive.h"

#include "base/status.h"
#include "image/jpeg/progression.h"
#include "image/jpeg/progressive.h"
#include "image/jpeg/writer.h"

#include <errno.h>

/*
 * The luma of a progressive JPEG. A scan of AC coefficients holds one component: the luma's scans
 * are copied byte for byte, the chroma's are left out. DC scans hold several components together,
 * so they are decoded and the luma's part is encoded again. All scans are read, to find damage.
 */

struct luma_copy {
    const struct jpeg_layout *layout;
    struct jpeg_coefficients coefficients;
    struct jpeg_writer writer;
    unsigned restart_interval; /* as last written */
    const uint8_t *ac_counts;  /* of the table last written */
};

static const uint8_t only_dc[64]; /* only the DC coefficient is kept, so all share place 0 */

static int prepare(struct luma_copy *copy, const struct jpeg_layout *layout)
{
    struct component_coefficients *luma = &copy->coefficients.component[0];

    copy->layout = layout;
    coefficients_begin(&copy->coefficients, layout);
    luma->wanted = true;
    luma->stride = 1;
    luma->place = only_dc;
    return coefficients_allocate(&copy->coefficients);
}

/* A row of DC coefficients: their differences in a first scan, one bit each in a refinement. */
static _inline_ int write_dcs(struct jpeg_writer *writer, const struct jpeg_scan *scan,
                              const int16_t *dc, uint32_t count, int *last, const bool refinement)
{
    struct jpeg_writer own = *writer; /* a copy, so that its members stay in registers */
    const unsigned low = scan->low;

    for (uint32_t i = 0; i < count; i++) {
        int value = dc[i] >> low, difference = value - *last;

        if (!writer_reserve(&own, 64))
            return STATUS_IMAGE_TOO_LARGE;
        if (refinement) {
            writer_put(&own, value & 1, 1);
            continue;
        }
        if (difference < -2047 || difference > 2047)
            return -ENOTSUP;
        *last = value;
        writer_dc(&own, difference);
    }
    *writer = own;
    return 0;
}

_multiversion_ static int write_first_dc_row(struct jpeg_writer *writer,
                                             const struct jpeg_scan *scan, const int16_t *dc,
                                             uint32_t count, int *last)
{
    return write_dcs(writer, scan, dc, count, last, false);
}

_multiversion_ static int write_dc_refinement_row(struct jpeg_writer *writer,
                                                  const struct jpeg_scan *scan, const int16_t *dc,
                                                  uint32_t count, int *last)
{
    return write_dcs(writer, scan, dc, count, last, true);
}

static int write_dc_scan(struct luma_copy *copy, const struct jpeg_scan *scan)
{
    const struct jpeg_component *size = &copy->layout->component[0];
    const struct component_coefficients *luma = &copy->coefficients.component[0];
    int last = 0;

    if (copy->restart_interval != 0)
        writer_restart_interval(&copy->writer, 0);
    copy->restart_interval = 0;
    writer_scan(&copy->writer, scan);
    for (uint32_t row = 0; row < size->block_rows; row++) {
        const int16_t *dc = luma->coefficients + row * luma->columns;
        int status = (scan->high == 0 ? write_first_dc_row : write_dc_refinement_row)(
            &copy->writer, scan, dc, size->block_columns, &last);

        if (status != 0)
            return status;
    }
    writer_flush(&copy->writer);
    return 0;
}

static int copy_ac_scan(struct luma_copy *copy, const struct jpeg_scan *scan, const uint8_t *end)
{
    struct jpeg_writer *writer = &copy->writer;

    if (copy->restart_interval != scan->restart_interval)
        writer_restart_interval(writer, scan->restart_interval);
    copy->restart_interval = scan->restart_interval;
    if (copy->ac_counts != scan->ac[0].counts)
        writer_huffman(writer, 1, &scan->ac[0]);
    copy->ac_counts = scan->ac[0].counts;
    writer_scan(writer, scan);
    writer_bytes(writer, scan->data, (size_t)(end - scan->data));
    return 0;
}

static int copy_scans(struct luma_copy *copy)
{
    const struct jpeg_layout *layout = copy->layout;

    for (unsigned i = 0; i < layout->scans; i++) {
        const struct jpeg_scan *scan = &layout->scan[i];
        const uint8_t *end;
        int status = progressive_read_scan(&copy->coefficients, scan, &end);

        if (status == 0 && jpeg_scan_find(scan, 0) >= 0)
            status = scan->first == 0 ? write_dc_scan(copy, scan) : copy_ac_scan(copy, scan, end);
        if (status != 0)
            return status;
    }
    return 0;
}

int jpeg_luma_progressive(const struct jpeg_layout *layout, uint8_t *output, size_t capacity,
                          size_t *size)
{
    struct luma_copy copy = {0};
    int status;

    if ((status = prepare(&copy, layout)) != 0)
        return status;
    writer_begin(&copy.writer, output, capacity);
    writer_gray_header(&copy.writer, layout);
    writer_huffman(&copy.writer, 0, &writer_dc_table);
    if ((status = copy_scans(&copy)) != 0)
        return status;
    *size = writer_finish(&copy.writer);
    return *size == 0 ? STATUS_IMAGE_TOO_LARGE : 0;
}
