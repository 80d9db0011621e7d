/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Ordinary PNGs to rows of samples: gray or RGB of 8 bits, not interlaced, without transparency,
 * profile or orientation. Inflated in one go by libdeflate, which is several times quicker than
 * zlib. Every checksum that matters is looked at. One thread.
 */
struct png_picture {
    uint32_t width, height;
    unsigned bands;            /* 1 gray, 3 RGB */
    uint8_t *filtered;         /* owned: all rows, each behind its filter's number */
    size_t row_bytes;
    uint32_t row;              /* the next one to be unfiltered */
};

/* 0; -ENOTSUP: no ordinary PNG; STATUS_IMAGE_CORRUPT; or -ENOMEM. To be cleared on 0. */
int png_open(struct png_picture *picture, const uint8_t *data, size_t size);

/* The next row's samples, which stay valid until the one after the next is asked for; NULL: its
 * filter is none of the five, the file is damaged. Called `height` times at most. */
const uint8_t *png_next_row(struct png_picture *picture);

void png_clear(struct png_picture *picture);
