/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/idct_narrow.h"

#include "image/core/multiversion.h"
#include "image/jpeg/idct_narrow_kernels.h"

#include <math.h>
#include <string.h>

/* The weights and the choice of a kernel (idct_narrow_kernels.h), and blocks that need none. */

/* The place of vertical frequency v and horizontal frequency u. */
static unsigned pair_place(unsigned v, unsigned u)
{
    return v / 2 * 8 + u * 2 + v % 2;
}

static void prepare_weights(struct idct_weights *weights, const struct jpeg_synthesis *synthesis)
{
    memset(weights, 0, sizeof(*weights));
    for (unsigned x = 0; x < synthesis->points; x++)
        for (unsigned u = 0; u < synthesis->frequencies; u++) {
            int16_t weight = (int16_t)lrint(synthesis->weight[x][u] * (1 << IDCT_WEIGHT_BITS));

            weights->horizontal[u / 2][x * 2 + u % 2] = weight;
            for (unsigned n = 0; n < 4; n++)
                weights->vertical[x][u / 2][n * 2 + u % 2] = weight;
        }
}

void idct_narrow_prepare(struct idct *idct, const struct jpeg_component *component)
{
    const bool phases = (idct->vertical.step | idct->horizontal.step) != 0;
    struct idct_narrow *narrow = &idct->narrow;

    /* What is not wanted goes behind the rest: of two frequencies there is but half of `low`. */
    idct->stride = idct->frequencies <= 2 ? 8 : 24;
    memset(idct->place, idct->frequencies <= 2 ? 7 : 16, sizeof(idct->place));
    memset(narrow->quantizer, 0, sizeof(narrow->quantizer));
    for (unsigned k = 0; k <= idct->last; k++) {
        unsigned place = pair_place(idct_natural_order[k] >> 3, idct_natural_order[k] & 7);

        if (!idct_wants(idct, k))
            continue;
        idct->place[k] = (uint8_t)place;
        narrow->quantizer[place / 8][place % 8] = (int16_t)jpeg_quantizer(component, k);
    }
    if (idct->deep) {
        const struct jpeg_synthesis transform = synthesis_transform(idct->points);

        prepare_weights(&narrow->weights[0], &transform);
        return;
    }
    for (unsigned phase = 0; phase <= (phases ? SYNTHESIS_PHASES : 0); phase++)
        prepare_weights(&narrow->weights[phase], synthesis_reduction(idct->points, phase));
}

static _inline_ const struct idct_weights *
weights_at(const struct idct *idct, const struct idct_phase *phase, uint32_t block)
{
    return &idct->narrow.weights[idct_phase_at(phase, block)];
}

/* The DC coefficient alone: all samples alike, whatever the phase. */
static _inline_ void fill(const struct idct *idct, int16_t dc, uint8_t *to, size_t pitch)
{
    const struct idct_narrow *narrow = &idct->narrow;
    const int weight = narrow->weights[0].horizontal[0][0];
    const int shift = IDCT_HORIZONTAL_SHIFT - (idct->deep ? REDUCER_FRACTION_BITS : 0);
    const int product = (int16_t)((unsigned)dc * (unsigned)narrow->quantizer[0][0]);
    int value = (product * weight + (1 << (IDCT_VERTICAL_SHIFT - 1))) >> IDCT_VERTICAL_SHIFT;

    value = idct_saturate(value, INT16_MIN, INT16_MAX);
    value = (value * weight + (1 << (shift - 1))) >> shift;
    if (idct->deep) {
        uint64_t four =
            (uint16_t)idct_saturate(value, REDUCER_MIN, REDUCER_MAX) * 0x0001000100010001U;

        for (unsigned y = 0; y < idct->points; y++, to += pitch)
            memcpy(to, &four, sizeof(four));
    } else {
        uint32_t four = (uint32_t)idct_saturate(value + 128, 0, 255) * 0x01010101U;

        for (unsigned y = 0; y < idct->points; y++, to += pitch)
            memcpy(to, &four, sizeof(four));
    }
}

void idct_narrow_block(const struct idct *idct, const int16_t *block, unsigned k, uint32_t row,
                       uint32_t column, uint8_t *to, size_t pitch)
{
    const struct idct_weights *vertical, *horizontal;

    if (k == 0 || idct->points == 1) {
        fill(idct, block[0], to, pitch);
        return;
    }
    vertical = weights_at(idct, &idct->vertical, row);
    horizontal = weights_at(idct, &idct->horizontal, column);
#if SIMD_X86
    idct_narrow_sse2(idct, vertical, horizontal, block, to, pitch);
#else
    idct_narrow_plain(idct, vertical, horizontal, block, to, pitch);
#endif
}
