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

/* The blocks at the edge of a row, from that column on. */
static void transform_edge(const struct component_coefficients *from, uint32_t row, uint32_t column,
                           const struct idct *idct, uint8_t *to, size_t pitch)
{
    for (; jpeg_edges_hold(from->edges, row, column); column++) {
        int16_t *block = coefficients_edge_block(from, row, column);

        block[0] = from->coefficients[(row * from->columns + column) * from->stride];
        jpeg_edges_block(from->edges, block, row, column, to + column * idct->step, pitch);
    }
}

static void transform_row(const struct component_coefficients *from, uint32_t row,
                          const struct idct *idct, uint8_t *to, size_t pitch)
{
    const int16_t *block = from->coefficients + row * from->columns * from->stride;
    const size_t edge = from->edges == NULL ? from->columns : jpeg_edges_from(from->edges, row);

    for (uint32_t column = 0; column < edge; column++, block += idct->stride)
        idct_block(idct, block, idct->last, row, column, to + column * idct->step, pitch);
    if (edge < from->columns)
        transform_edge(from, row, (uint32_t)edge, idct, to, pitch);
}

static void transform(const struct component_coefficients *from, const struct idct *idct,
                      struct jpeg_target *target)
{
    uint8_t *to = jpeg_target_begin(target);

    for (uint32_t row = 0; row < from->rows; row++) {
        transform_row(from, row, idct, to, jpeg_target_pitch(target));
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
        jpeg_target_prepare(&decoding->target[i], layout, i, &idct[i]);
    want(&coefficients, decoding, idct);
    if ((status = coefficients_allocate(&coefficients)) != 0 ||
        (status = read_scans(&coefficients)) != 0)
        return status;
    for (unsigned i = 0; i < decoding->components; i++)
        transform(&coefficients.component[i], &idct[i], &decoding->target[i]);
    return 0;
}
