/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/idct.h"

#include <string.h>

/*
 * libjpeg's reduced transforms have vectors for 4, 2 and 1 points only, compute at 4 and 2 the mean
 * of the full block's samples, and make chroma as large as luma; hence one of our own.
 */

/*
 * Pairs: vertical frequencies v and v + 1 side by side, of u = 0 to 5, then of v + 2 and v + 3,
 * then of v + 4 and v + 5. Those that are high in both directions hardly reach the result, and are
 * left out: so the rest fits a cache line, the last place being free.
 */
static void prepare_pairs(struct idct *idct, const struct jpeg_component *component)
{
    idct->rows = IDCT_PAIRS_ROWS;
    idct->step = IDCT_PAIRS_STEP * sizeof(int16_t);
    idct->stride = IDCT_PAIRS_BLOCK;
    memset(idct->place, IDCT_PAIRS_BLOCK - 1, sizeof(idct->place));
    memset(idct->pairs, 0, sizeof(idct->pairs));
    for (unsigned k = 0; k <= idct->last; k++) {
        unsigned v = idct_natural_order[k] >> 3, u = idct_natural_order[k] & 7;

        if (!idct_wants(idct, k))
            continue;
        idct->place[k] = (uint8_t)(v / 2 * IDCT_PAIRS_STEP + u * 2 + v % 2);
        idct->pairs[idct->place[k]] = (int16_t)jpeg_quantizer(component, k);
    }
}

static unsigned count_wanted_frequencies(const struct idct_options *options)
{
    if (options->pairs)
        return OVERLAP_FREQUENCIES;
    return options->deep ? options->points : synthesis_reduction(options->points, 0)->frequencies;
}

void idct_prepare(struct idct *idct, const struct jpeg_component *component,
                  const struct idct_options *options)
{
    const unsigned points = options->points;

    idct->points = points;
    idct->deep = options->deep;
    idct->rows = points;
    idct->step = points * (options->deep ? 2 : 1);
    idct->frequencies = count_wanted_frequencies(options);
    idct->kind = options->pairs ? IDCT_PAIRS : idct->frequencies <= 4 ? IDCT_NARROW : IDCT_WIDE;
    idct->horizontal = idct_find_phase(points, options->along_x);
    idct->vertical = idct_find_phase(points, options->along_y);
    idct->last = 0;
    for (unsigned k = 0; k < 64; k++)
        if (idct_wants(idct, k))
            idct->last = k;
    if (idct->kind == IDCT_PAIRS)
        prepare_pairs(idct, component);
    else if (idct->kind == IDCT_NARROW)
        idct_narrow_prepare(idct, component);
    else
        idct_wide_prepare(idct, component);
}

/* Each row is written four shorts too far: its next block comes later, or never. */
void idct_pairs_block(const struct idct *idct, const int16_t *block, uint8_t *to, size_t pitch)
{
    const idct_shorts *from[] = {(const idct_shorts *)block,
                                 (const idct_shorts *)(block + IDCT_PAIRS_STEP),
                                 (const idct_shorts *)(block + 2 * IDCT_PAIRS_STEP)};
    const idct_shorts *quantizer[] = {(const idct_shorts *)idct->pairs,
                                      (const idct_shorts *)(idct->pairs + IDCT_PAIRS_STEP),
                                      (const idct_shorts *)(idct->pairs + 2 * IDCT_PAIRS_STEP)};
    idct_shorts *row[] = {(idct_shorts *)to, (idct_shorts *)(to + pitch),
                          (idct_shorts *)(to + 2 * pitch)};

    for (unsigned i = 0; i < 2; i++) {
        row[i][0] = from[i][0] * quantizer[i][0];
        row[i][1] = from[i][1] * quantizer[i][1];
    }
    row[2][0] = from[2][0] * quantizer[2][0];
    row[2][1] = (idct_shorts){0};
}
