/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>
#include <string.h>

/* A pixel of a canvas is R, G, B, A in memory, a byte each, and 0 if it is transparent. */
struct gif_pixel {
    uint8_t red, green, blue, alpha;
};

static inline struct gif_pixel gif_pixel_read(uint32_t pixel)
{
    struct gif_pixel read;

    memcpy(&read, &pixel, sizeof(read));
    return read;
}

static inline uint32_t gif_pixel_write(struct gif_pixel pixel)
{
    uint32_t written;

    memcpy(&written, &pixel, sizeof(written));
    return written;
}

/* The squared distance of the colours. */
static inline int gif_pixel_distance(struct gif_pixel a, struct gif_pixel b)
{
    int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;

    return red * red + green * green + blue * blue;
}
