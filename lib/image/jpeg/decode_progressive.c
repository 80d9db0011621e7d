/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/decode_progressive.h"

#include "image/jpeg/idct.h"
#include "image/jpeg/progressive.h"

/*
 * Progressive: the coefficients that this size needs out of all scans, then every block
 * transformed. Scans that hold none of them, or only bits that hardly show, are read all the same:
 * whether an image is damaged is not to depend on what is asked of it. Blocks that the image
 * ends in want all coefficients.
 */

static void want(struct jpeg_coefficients *coefficients, const struct jpeg_decoding *decoding,
                 const struct idct *idct)
{
    for (unsigned i = 0; i < decoding->components; i++) {
        struct component_coefficients *component = &coefficients->component[i];

        component->wanted = true;
        component->stride = idct[i].stride;
        component->place = idct[i].place;
        component->last = idct[i].last;
        component->edges = decoding->target[i].edges.any ? &decoding->target[i].edges : NULL;
    }
}

static int read_scans(struct jpeg_coefficients *coefficients)
{
    for (unsigned i = 0; i < coefficients->layout->scans; i++) {
        int status = progressive_read_scan(coefficients, &coefficients->layout->scan[i], NULL);

        if (status != 0)
            return status;
    }
    return 0;
}

/* The blocks at the edges of a row. */
static void transform_edges(const struct component_coefficients *from, uint32_t row,
                            const struct edge_columns *columns, uint8_t *to, size_t step,
                            size_t pitch)
{
    for (uint32_t column = columns->from; column < columns->to; column++, to += step) {
        int16_t *block = coefficients_edge_block(from, row, column);

        block[0] = from->coefficients[(row * from->columns + column) * from->stride];
        jpeg_edges_block(from->edges, block, row, column, to, pitch);
    }
}

static void transform_row(const struct component_coefficients *from, uint32_t row,
                          const struct idct *idct, const struct edge_columns *columns, uint8_t *to,
                          size_t pitch)
{
    const int16_t *block =
        from->coefficients + (row * from->columns + columns->from) * from->stride;

    for (uint32_t column = columns->from; column < columns->to;
         column++, block += idct->stride, to += idct->step)
        idct_block(idct, block, idct->last, row, column, to, pitch);
}

/* A row of which some blocks are not like others, or not wanted. From left to right: each may write
 * into the next one's place. */
static void transform_edged_row(const struct component_coefficients *from, uint32_t row,
                                const struct idct *idct, uint8_t *to,
                                const struct jpeg_target *target)
{
    const struct jpeg_edges *edges = from->edges;
    const struct edge_columns whole = jpeg_edges_whole(edges, row);
    const struct edge_columns first = {edges->horizontal.begin, whole.from};
    const struct edge_columns last = {whole.to, edges->horizontal.end};
    const size_t pitch = jpeg_target_pitch(target);
    size_t inset;

    jpeg_target_column(target, &inset);
    if (row < edges->vertical.begin || row >= edges->vertical.end)
        return;
    transform_edges(from, row, &first, to, idct->step, pitch);
    to += inset;
    transform_row(from, row, idct, &whole, to, pitch);
    to += (size_t)(whole.to - whole.from) * idct->step;
    transform_edges(from, row, &last, to, idct->step, pitch);
}

static void transform(const struct component_coefficients *from, const struct idct *idct,
                      struct jpeg_target *target)
{
    const struct edge_columns all = {0, (uint32_t)from->columns};
    uint8_t *to = jpeg_target_begin(target);

    for (uint32_t row = 0; row < from->rows; row++) {
        if (from->edges == NULL)
            transform_row(from, row, idct, &all, to, jpeg_target_pitch(target));
        else
            transform_edged_row(from, row, idct, to, target);
        to = jpeg_target_advance(target, 1);
    }
}

int jpeg_decode_progressive(const struct jpeg_layout *layout, struct jpeg_decoding *decoding)
{
    struct jpeg_coefficients coefficients;
    struct idct idct[JPEG_COMPONENTS_MAX];
    int status;

    coefficients_begin(&coefficients, layout);
    for (unsigned i = 0; i < decoding->components; i++)
        jpeg_target_prepare(&decoding->target[i], &layout->component[i], &idct[i]);
    want(&coefficients, decoding, idct);
    if ((status = coefficients_allocate(&coefficients)) != 0 ||
        (status = read_scans(&coefficients)) != 0)
        return status;
    for (unsigned i = 0; i < decoding->components; i++)
        transform(&coefficients.component[i], &idct[i], &decoding->target[i]);
    return 0;
}
