/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/dither.h"

#include "image/core/multiversion.h"

enum {
    CHANNELS = 3,
    ERROR_UNITS = 16, /* errors are kept in sixteenths */
    STRENGTH =
        6, /* sixteenths of an error that are passed on: more gives noise, less gives steps */
};

struct row {
    const uint32_t *wanted, *before;
    uint32_t *shown;
    uint8_t *indices;
    uint32_t cleared_left, cleared_right;
    int16_t *now, *next; /* errors, one pixel more on either side */
};

size_t gif_dither_bytes(uint32_t width)
{
    return 2 * ((size_t)width + 2) * CHANNELS * sizeof(int16_t);
}

static _inline_ uint8_t clamp(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* The pixel plus the errors of its neighbours. */
static _inline_ struct gif_pixel add_errors(struct gif_pixel pixel, const int16_t *errors)
{
    return (struct gif_pixel){clamp(pixel.red + (errors[0] + ERROR_UNITS / 2) / ERROR_UNITS),
                              clamp(pixel.green + (errors[1] + ERROR_UNITS / 2) / ERROR_UNITS),
                              clamp(pixel.blue + (errors[2] + ERROR_UNITS / 2) / ERROR_UNITS), 255};
}

static _inline_ void spread_error(const struct row *row, size_t x, ptrdiff_t step, unsigned channel,
                                  int error)
{
    int16_t *now = row->now + (x + 1) * CHANNELS + channel;
    int16_t *next = row->next + (x + 1) * CHANNELS + channel;
    const ptrdiff_t ahead = step * CHANNELS;

    error = error * STRENGTH / 16;
    now[ahead] = (int16_t)(now[ahead] + 7 * error);
    next[-ahead] = (int16_t)(next[-ahead] + 3 * error);
    next[0] = (int16_t)(next[0] + 5 * error);
    next[ahead] = (int16_t)(next[ahead] + error);
}

static _inline_ unsigned choose_index(struct gif_palette *palette, const struct row *row,
                                      uint32_t x, ptrdiff_t step)
{
    const uint32_t pixel = row->wanted[x];
    unsigned index = gif_palette_find(palette, pixel);
    struct gif_pixel wanted, found;

    if (palette->pixels[index] == pixel)
        return index;
    wanted = add_errors(gif_pixel_read(pixel), row->now + ((size_t)x + 1) * CHANNELS);
    index = gif_palette_find(palette, gif_pixel_write(wanted));
    found = gif_pixel_read(palette->pixels[index]);
    spread_error(row, x, step, 0, wanted.red - found.red);
    spread_error(row, x, step, 1, wanted.green - found.green);
    spread_error(row, x, step, 2, wanted.blue - found.blue);
    return index;
}

static _inline_ unsigned draw_pixel(const struct gif_dither *dither, const struct row *row,
                                    uint32_t x, ptrdiff_t step)
{
    const bool cleared = x >= row->cleared_left && x < row->cleared_right;
    unsigned index;

    if (row->wanted[x] == 0) {
        if (row->shown != NULL)
            row->shown[x] = 0;
        return dither->transparent;
    }
    if (row->before == NULL)
        return choose_index(dither->palette, row, x, step);
    if (row->wanted[x] != row->before[x])
        index = choose_index(dither->palette, row, x, step);
    else if (!cleared)
        return dither->transparent;
    else
        index = gif_palette_find(dither->palette, row->shown[x]);
    if (!cleared && row->shown[x] == dither->palette->pixels[index])
        return dither->transparent;
    row->shown[x] = dither->palette->pixels[index];
    return index;
}

/* Returns the part of the row from the first to the last pixel that got a colour. */
_multiversion_ static struct gif_area dither_row(const struct gif_dither *dither,
                                                 const struct row *row, uint32_t y, bool backwards)
{
    const struct gif_area area = dither->area;
    const ptrdiff_t step = backwards ? -1 : 1;
    uint32_t x = backwards ? area.right - 1 : area.left, first = area.right, end = area.left;

    for (uint32_t n = area.left; n < area.right; n++, x = (uint32_t)(x + step)) {
        unsigned index = draw_pixel(dither, row, x, step);

        row->indices[x] = (uint8_t)index;
        if (index == dither->transparent)
            continue;
        first = x < first ? x : first;
        end = x >= end ? x + 1 : end;
    }
    return (struct gif_area){first, y, end, y + 1};
}

static struct row get_row(const struct gif_dither *dither, uint32_t y)
{
    const size_t at = (size_t)y * dither->width, errors = ((size_t)dither->width + 2) * CHANNELS;
    const struct gif_area cleared = dither->cleared;
    const bool is_cleared = y >= cleared.top && y < cleared.bottom;

    return (struct row){
        .wanted = dither->wanted + at,
        .before = dither->before == NULL ? NULL : dither->before + at,
        .shown = dither->shown == NULL ? NULL : dither->shown + at,
        .indices = dither->indices + at,
        .cleared_left = is_cleared ? cleared.left : 0,
        .cleared_right = is_cleared ? cleared.right : 0,
        .now = dither->errors + (y % 2) * errors,
        .next = dither->errors + (1 - y % 2) * errors,
    };
}

struct gif_area gif_dither(const struct gif_dither *dither)
{
    const struct gif_area area = dither->area;
    struct gif_area drawn = {0};

    if (gif_area_is_empty(area))
        return drawn;
    memset(dither->errors, 0, gif_dither_bytes(dither->width));
    for (uint32_t y = area.top; y < area.bottom; y++) {
        struct row row = get_row(dither, y);

        memset(row.next + (size_t)area.left * CHANNELS, 0,
               ((size_t)area.right - area.left + 2) * CHANNELS * sizeof(*row.next));
        drawn = gif_area_union(drawn, dither_row(dither, &row, y, y % 2 != 0));
    }
    return drawn;
}
