/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/idct_wide.h"

#include "image/jpeg/idct_rows.h"

#include <string.h>

/*
 * Five frequencies and more, in single precision: a row of samples is one vector, and the compiler
 * finds the instructions that the processor has for it.
 */

void idct_wide_prepare(struct idct *idct, const struct jpeg_component *component)
{
    const struct jpeg_synthesis synthesis =
        idct->deep ? synthesis_transform(idct->points) : *synthesis_reduction(idct->points, 0);
    struct idct_wide *wide = &idct->wide;
    const double scale = idct->deep ? 1 << REDUCER_FRACTION_BITS : 1;

    memset(wide, 0, sizeof(*wide));
    wide->middle = idct->deep ? 0 : 128;
    for (unsigned x = 0; x < idct->points; x++)
        for (unsigned u = 0; u < idct->frequencies; u++) {
            wide->basis[x][u] = (float)synthesis.weight[x][u];
            wide->columns[u][x] = (float)(synthesis.weight[x][u] * scale);
        }
    /* What is not wanted goes to place 7, free where there are fewer frequencies than 8. */
    memset(idct->place, 7, sizeof(idct->place));
    idct->stride = 8 * idct->frequencies;
    for (unsigned k = 0; k <= idct->last; k++) {
        unsigned place = idct_natural_order[k];

        if (!idct_wants(idct, k))
            continue;
        idct->place[k] = (uint8_t)place;
        wide->quantizer[place >> 3][place & 7] = (float)jpeg_quantizer(component, k);
    }
}

/* Only the lowest `frequencies` x `frequencies` are not zero. */
static _inline_ void transform(const struct idct *idct, const int16_t *block, uint8_t *to,
                               size_t pitch, const unsigned points, const unsigned frequencies,
                               const bool deep)
{
    const float middle = idct->wide.middle;
    idct_row row[8];

    for (unsigned v = 0; v < frequencies; v++)
        row[v] = __builtin_convertvector(*(const idct_shorts *)(block + 8 * v), idct_row) *
                 idct->wide.quantizer[v];
    for (unsigned y = 0; y < points; y++, to += pitch) {
        /* cppcheck-suppress uninitvar ; there is one frequency at least */
        idct_row sum = row[0] * idct->wide.basis[y][0];
        idct_row samples = {middle, middle, middle, middle, middle, middle, middle, middle};

        for (unsigned v = 1; v < frequencies; v++)
            sum += row[v] * idct->wide.basis[y][v];
        for (unsigned u = 0; u < frequencies; u++)
            samples += sum[u] * idct->wide.columns[u];
        store_row((const idct_half *)&samples, (const idct_half *)&samples + 1, to, deep);
    }
}

/* Fewer frequencies where the last coefficient other than zero allows it. */
static _inline_ void transform_sparse(const struct idct *idct, const int16_t *block, unsigned k,
                                      uint8_t *to, size_t pitch, const unsigned points,
                                      const bool deep)
{
    if (k <= 2)
        transform(idct, block, to, pitch, points, 2, deep);
    else if (k <= 9)
        transform(idct, block, to, pitch, points, 4, deep);
    else
        transform(idct, block, to, pitch, points, points, deep);
}

/* Each with its loops unrolled. */
static _inline_ void by_points(const struct idct *idct, const int16_t *block, unsigned k,
                               uint8_t *to, size_t pitch, const bool deep)
{
    switch (idct->points) {
    case 5:
        return transform_sparse(idct, block, k, to, pitch, 5, deep);
    case 6:
        return transform_sparse(idct, block, k, to, pitch, 6, deep);
    case 7:
        return transform_sparse(idct, block, k, to, pitch, 7, deep);
    default:
        return transform_sparse(idct, block, k, to, pitch, 8, deep);
    }
}

/* The DC coefficient alone: all samples alike. */
static _inline_ void fill(const struct idct *idct, int dc, uint8_t *to, size_t pitch)
{
    const struct idct_wide *wide = &idct->wide;
    float value = (float)dc * wide->quantizer[0][0] * wide->basis[0][0] * wide->columns[0][0];
    idct_half samples = {value, value, value, value};

    samples += wide->middle;
    for (unsigned y = 0; y < idct->points; y++, to += pitch)
        store_row(&samples, &samples, to, idct->deep);
}

_multiversion_ void idct_wide_block(const struct idct *idct, const int16_t *block, unsigned k,
                                    uint8_t *to, size_t pitch)
{
    if (k == 0)
        fill(idct, block[0], to, pitch);
    else if (idct->deep)
        by_points(idct, block, k, to, pitch, true);
    else
        by_points(idct, block, k, to, pitch, false);
}
