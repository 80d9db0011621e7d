/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/palette.h"

#include "image/core/multiversion.h"
#include "image/gif/pixel.h"

#include <errno.h>
#include <stdlib.h>

enum {
    NOT_YET = 0x0000, /* in a cell: not searched yet; else two different indices */
    SEVERAL = 0x0101, /* colours of the palette lie in the cell: search exactly */
    DROPPED_BITS = 8 - GIF_CELL_BITS,
    NOWHERE = 1 << 11, /* for unused entries: farther from any colour than colours can be from one
                          another */
};

int gif_palette_begin(struct gif_palette *palette)
{
    *palette = (struct gif_palette){0};
    palette->cells = malloc(GIF_CELLS * sizeof(*palette->cells));
    return palette->cells == NULL ? -ENOMEM : 0;
}

void gif_palette_clear(struct gif_palette *palette)
{
    free(palette->cells);
    *palette = (struct gif_palette){0};
}

static _inline_ uint16_t *cell_of(const struct gif_palette *palette, struct gif_pixel pixel)
{
    return &palette->cells[(unsigned)pixel.red >> DROPPED_BITS << 2 * GIF_CELL_BITS |
                           (unsigned)pixel.green >> DROPPED_BITS << GIF_CELL_BITS |
                           (unsigned)pixel.blue >> DROPPED_BITS];
}

/* Squared distance << 8 | index of all colours: the least is the nearest, and the first of equals.
 */
static _inline_ void measure_distances(const struct gif_palette *palette, struct gif_pixel wanted,
                                       uint32_t distances[GIF_COLOURS])
{
    const int red = wanted.red, green = wanted.green, blue = wanted.blue;

    for (int i = 0; i < GIF_COLOURS; i++) {
        const int by_red = palette->red[i] - red, by_green = palette->green[i] - green,
                  by_blue = palette->blue[i] - blue;

        distances[i] = (uint32_t)(by_red * by_red + by_green * by_green + by_blue * by_blue) << 8 |
                       (uint32_t)i;
    }
}

static _inline_ uint32_t find_least(const uint32_t distances[GIF_COLOURS])
{
    uint32_t least = UINT32_MAX;

    for (int i = 0; i < GIF_COLOURS; i++)
        least = distances[i] < least ? distances[i] : least;
    return least;
}

/* The two nearest, as in measure_distances. */
struct nearest {
    uint32_t first, second;
};

_multiversion_ static struct nearest search(const struct gif_palette *palette,
                                            struct gif_pixel wanted)
{
    uint32_t distances[GIF_COLOURS];
    struct nearest nearest;

    measure_distances(palette, wanted, distances);
    nearest.first = find_least(distances);
    distances[nearest.first & 0xff] = UINT32_MAX;
    nearest.second = find_least(distances);
    return nearest;
}

static void set_colour(struct gif_palette *palette, unsigned i, struct gif_pixel pixel)
{
    palette->red[i] = pixel.red;
    palette->green[i] = pixel.green;
    palette->blue[i] = pixel.blue;
}

static void set_colours(struct gif_palette *palette)
{
    for (unsigned i = 0; i < GIF_COLOURS; i++) {
        if (i < palette->count)
            set_colour(palette, i, gif_pixel_read(palette->pixels[i]));
        else
            palette->red[i] = palette->green[i] = palette->blue[i] = NOWHERE;
    }
}

static uint16_t pair(struct nearest nearest)
{
    return (uint16_t)((nearest.first & 0xff) | (nearest.second & 0xff) << 8);
}

/* Fills in the cells that hold a colour of the palette: it comes first, however far from the
 * middle. */
static void set_cells(struct gif_palette *palette)
{
    memset(palette->cells, 0, GIF_CELLS * sizeof(*palette->cells));
    memset(palette->found, 0, sizeof(palette->found));
    for (unsigned i = 0; i < palette->count; i++) {
        struct gif_pixel pixel = gif_pixel_read(palette->pixels[i]);
        uint16_t *cell = cell_of(palette, pixel);

        if (*cell == NOT_YET)
            *cell = pair(search(palette, pixel));
        else
            *cell = SEVERAL;
    }
}

static int compare_pixels(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

    return first < second ? -1 : first > second;
}

static unsigned drop_twins(uint32_t *pixels, unsigned count)
{
    unsigned kept = 0;

    qsort(pixels, count, sizeof(*pixels), compare_pixels);
    for (unsigned i = 0; i < count; i++) {
        if (i == 0 || pixels[i] != pixels[kept - 1])
            pixels[kept++] = pixels[i];
    }
    return kept;
}

/* One of the two closest colours. */
static unsigned find_redundant(const struct gif_palette *palette)
{
    uint32_t least = UINT32_MAX;

    for (unsigned i = 0; i < palette->count; i++) {
        uint32_t found = search(palette, gif_pixel_read(palette->pixels[i])).second;

        least = found < least ? found : least;
    }
    return least & 0xff;
}

void gif_palette_set(struct gif_palette *palette, const uint32_t *pixels, unsigned count,
                     unsigned limit)
{
    memcpy(palette->pixels, pixels, count * sizeof(*pixels));
    palette->count = drop_twins(palette->pixels, count);
    set_colours(palette);
    while (palette->count > limit) {
        palette->pixels[find_redundant(palette)] = palette->pixels[palette->count - 1];
        palette->count--;
        set_colours(palette);
    }
    set_cells(palette);
}

/* The two nearest to the middle of the pixel's cell. */
static uint16_t fill_cell(const struct gif_palette *palette, struct gif_pixel pixel)
{
    const uint8_t mask = 0xff << DROPPED_BITS & 0xff, middle = 1 << (DROPPED_BITS - 1);
    const struct gif_pixel at = {(pixel.red & mask) + middle, (pixel.green & mask) + middle,
                                 (pixel.blue & mask) + middle, 255};

    return pair(search(palette, at));
}

/* An exact search that keeps its last results: grays lie close together and repeat. */
static unsigned find_exactly(struct gif_palette *palette, uint32_t pixel)
{
    struct gif_found *found = &palette->found[pixel * 2654435761U >> (32 - GIF_FOUND_BITS)];

    if (found->pixel != pixel)
        *found = (struct gif_found){pixel, search(palette, gif_pixel_read(pixel)).first & 0xff};
    return found->index;
}

unsigned gif_palette_find(struct gif_palette *palette, uint32_t pixel)
{
    const struct gif_pixel wanted = gif_pixel_read(pixel);
    uint16_t *cell = cell_of(palette, wanted);
    unsigned first, second;

    if (palette->count == 1)
        return 0;
    if (*cell == SEVERAL)
        return find_exactly(palette, pixel);
    if (*cell == NOT_YET)
        *cell = fill_cell(palette, wanted);
    first = *cell & 0xff;
    second = *cell >> 8;
    return gif_pixel_distance(wanted, gif_pixel_read(palette->pixels[second])) <
                   gif_pixel_distance(wanted, gif_pixel_read(palette->pixels[first]))
               ? second
               : first;
}

double gif_palette_error(struct gif_palette *palette, const uint32_t *pixels, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        unsigned found = gif_palette_find(palette, pixels[i]);

        sum +=
            gif_pixel_distance(gif_pixel_read(pixels[i]), gif_pixel_read(palette->pixels[found]));
    }
    return count == 0 ? 0 : sum / (3 * (double)count);
}
