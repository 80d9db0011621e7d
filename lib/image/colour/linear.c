/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/colour/linear.h"

#include "image/colour/cicp.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { DEEP = 65536, MOST = DEEP - 1 };

/* Linear light of each value of 16 bits, and the value of each such light. */
static struct linear_tables {
    uint16_t light[DEEP], value[DEEP];
} * tables;

static double srgb_decode(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

int linear_start(void)
{
    if (tables != NULL)
        return 0;
    tables = malloc(sizeof(*tables));
    if (tables == NULL)
        return -ENOMEM;
    for (int i = 0; i < DEEP; i++) {
        tables->light[i] = (uint16_t)lrint(srgb_decode((double)i / MOST) * MOST);
        tables->value[i] = (uint16_t)lrint(srgb_encode((double)i / MOST) * MOST);
    }
    return 0;
}

static inline uint8_t to_8(unsigned value)
{
    return (uint8_t)((value * 255u + MOST / 2) / MOST);
}

void linear_from_8(const uint8_t *in, unsigned bands, unsigned colours, uint16_t *out, size_t width)
{
    for (size_t i = 0; i < width * bands; i++)
        out[i] = i % bands < colours ? tables->light[in[i] * 257u] : (uint16_t)(in[i] * 257u);
}

void linear_from_16(const uint16_t *in, unsigned bands, unsigned colours, uint16_t *out,
                    size_t width)
{
    for (size_t i = 0; i < width * bands; i++)
        out[i] = i % bands < colours ? tables->light[in[i]] : in[i];
}

void linear_to_8(const uint16_t *in, unsigned bands, unsigned colours, uint8_t *out, size_t width)
{
    for (size_t i = 0; i < width * bands; i++)
        out[i] = to_8(i % bands < colours ? tables->value[in[i]] : in[i]);
}

void linear_to_16(const uint16_t *in, unsigned bands, unsigned colours, uint16_t *out, size_t width)
{
    for (size_t i = 0; i < width * bands; i++)
        out[i] = i % bands < colours ? tables->value[in[i]] : in[i];
}

/* --- luminance ----------------------------------------------------------------------------------
 */

/* The second row of sRGB's matrix to XYZ (IEC 61966-2-1). */
static inline unsigned luminance_of(unsigned red, unsigned green, unsigned blue)
{
    const double light =
        0.2126 * tables->light[red] + 0.7152 * tables->light[green] + 0.0722 * tables->light[blue];

    return tables->value[(unsigned)(light + 0.5)];
}

void linear_luminance_row_8(const uint8_t *in, unsigned bands, uint8_t *out, unsigned out_bands,
                            size_t width)
{
    for (size_t x = 0; x < width; x++, in += bands, out += out_bands) {
        out[0] = to_8(luminance_of(in[0] * 257u, in[1] * 257u, in[2] * 257u));
        if (out_bands == 2)
            out[1] = in[3];
    }
}

void linear_luminance_row_16(const uint16_t *in, unsigned bands, uint16_t *out, unsigned out_bands,
                             size_t width)
{
    for (size_t x = 0; x < width; x++, in += bands, out += out_bands) {
        out[0] = (uint16_t)luminance_of(in[0], in[1], in[2]);
        if (out_bands == 2)
            out[1] = in[3];
    }
}
