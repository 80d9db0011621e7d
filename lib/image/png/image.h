/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"
#include "image/core/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A PNG without its pixels (rows.h), of every kind. Every checksum that matters is verified. A file
 * is damaged if pixels are missing or changed; errors in the chunks around them, or behind them,
 * are ignored. One thread.
 */
enum { PNG_PALETTE_MAX = 256 };

struct png_image {
    uint32_t width, height;
    unsigned bits;  /* per sample as stored: 1, 2, 4, 8, 16 */
    unsigned bands; /* of the rows: 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha */
    bool interlaced;
    bool has_palette;
    unsigned colours; /* in it */
    uint8_t palette[PNG_PALETTE_MAX]
                   [4]; /* red, green, blue, alpha; black beyond the file's colours */
    bool has_key;       /* one colour stands for transparent: rows have an alpha */
    uint16_t key[3];    /* as in the rows */
    uint8_t *profile;   /* ICC as it came; owned; NULL: none that can be read */
    size_t profile_size;
    bool profile_is_late; /* a profile that comes now is ignored */
    unsigned orientation; /* EXIF, 1..8 */
    bool has_exif;

    struct bytes stream; /* the pixels, deflated: in the file, or gathered from several chunks */
    struct buffer gathered;
    size_t row_bytes, step; /* as stored; bytes to the pixel on the left */
    uint8_t *filtered;      /* all rows, each behind its filter's number; owned */
    uint32_t row;           /* the next one to be unfiltered */
    uint8_t *samples;       /* one row, if samples are not stored as bytes; owned */
    uint8_t *keyed;         /* one row with the alpha of a key; owned */
};

/* Reads everything but the pixels. `data` is borrowed until the image is cleared, which it must be
 * whatever this returns. 0; -ENOTSUP: its rows would take too much memory; STATUS_IMAGE_CORRUPT; or
 * -ENOMEM. */
int png_open(struct png_image *image, const uint8_t *data, size_t size);

/* Of a image that png_open read, or found too large: a file with the chunks that pixels need and
 * no others, all of them sound but for what is in the stream. The buffer is the caller's, and empty
 * before. 0 or -ENOMEM. */
int png_strip(const struct png_image *image, const uint8_t *data, size_t size,
              struct buffer *stripped);

/* Bits of a pixel as stored. */
unsigned png_stored_bits(const struct png_image *image);

/* Makes the palette's colours gray (luma): rows have 1 or 2 bands from now on. */
void png_palette_to_gray(struct png_image *image);

void png_clear(struct png_image *image);
