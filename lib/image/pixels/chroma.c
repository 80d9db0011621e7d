/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/chroma.h"

#include "image/core/multiversion.h"

#include <math.h>
#include <string.h>

/*
 * A wave of w radians a sample, slow enough, is flattened by 3/32 w^2 where it is shown (a quarter
 * of a sample to either side, 3/4 cos(w/4) + 1/4 cos(3w/4)). The source flattened it by 3/32
 * (factor w)^2. The filter (-a, 1 + 2a, -a) raises it by a w^2.
 */
static const double shown = 3.0 / 32;

/* Of one point a block, samples are means of eight, which flatten by (8 factor w)^2 / 24 more. */
static const double mean_of_block = 64.0 / 24;

enum { EMPHASIS_BITS = 6 }; /* an emphasis of 1; sums stay in 16 bits up to 1/4 */

unsigned chroma_emphasis(double factor, unsigned points, bool was_halved)
{
    double amount = was_halved ? shown * (1 - factor * factor) : shown;

    if (points == 1)
        amount += mean_of_block * factor * factor;
    return (unsigned)lround(amount * (1 << EMPHASIS_BITS));
}

static size_t line_bytes(uint32_t width)
{
    return plane_aligned((size_t)width + 2);
}

size_t chroma_bytes(uint32_t width)
{
    return 3 * line_bytes(width);
}

/* Samples between those before and behind them. */
_multiversion_ static void emphasize_line(const uint8_t *before, const uint8_t *own,
                                          const uint8_t *behind, unsigned emphasis,
                                          uint8_t *restrict to, uint32_t count)
{
    const int16_t side = (int16_t)emphasis, middle = (int16_t)((1 << EMPHASIS_BITS) + 2 * side);
    const int16_t half = 1 << (EMPHASIS_BITS - 1);

    for (uint32_t i = 0; i < count; i++) {
        int16_t sum = (int16_t)(middle * own[i] - side * (before[i] + behind[i]) + half);

        sum = (int16_t)(sum >> EMPHASIS_BITS);
        sum = sum < 0 ? 0 : sum;
        to[i] = (uint8_t)(sum > 255 ? 255 : sum);
    }
}

/* The first and the last sample go on beyond the ends. */
static void emphasize_horizontally(uint8_t *row, uint32_t width, unsigned emphasis, uint8_t *line)
{
    line[0] = row[0];
    memcpy(line + 1, row, width);
    line[width + 1] = row[width - 1];
    emphasize_line(line, line + 1, line + 2, emphasis, row, width);
}

/* Rows are kept as they were until the next one is made of them. */
void chroma_emphasize(const struct plane *plane, unsigned emphasis, bool horizontal, bool vertical,
                      uint8_t *memory)
{
    const size_t line = line_bytes(plane->width);
    uint8_t *before = memory, *own = memory + line;

    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *row = plane->data + y * plane->pitch, *kept = before;

        memcpy(own, row, plane->width);
        if (vertical)
            emphasize_line(y == 0 ? own : before, own,
                           y + 1 < plane->height ? row + plane->pitch : own, emphasis, row,
                           plane->width);
        if (horizontal)
            emphasize_horizontally(row, plane->width, emphasis, memory + 2 * line);
        before = own;
        own = kept;
    }
}
