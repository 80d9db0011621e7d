/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/result.h"

#include <stdbool.h>

/*
 * Rows of samples to a PNG in the memory of an image_output: filtered row by row, deflated in one
 * go by libdeflate, which is several times quicker than zlib at the same size.
 */
struct png_format {
    uint32_t width, height;
    unsigned bands;      /* 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha */
    unsigned bits;       /* per sample: 8, 16; with one band also 1, 2, 4 */
    unsigned level;      /* of libdeflate, 1..12; 0: what is quickest for its size */
    const void *profile; /* ICC, borrowed; NULL: none */
    size_t profile_size;
};

struct png_encoder;

/* Whether an image of that format can be encoded here: all its rows are held in memory. */
bool png_encoder_takes(const struct png_format *format);

/* `format` is copied but for the profile. NULL if memory is short. */
struct png_encoder *png_encoder_new(const struct png_format *format);

/* The next row: samples of a byte each, or of two in the machine's order if bits is 16. Samples of
 * 1, 2 and 4 bits come as 0..255 and their upper bits are kept. */
void png_encoder_row(struct png_encoder *encoder, const void *samples);

/* Once all rows are in: the file. 0, STATUS_IMAGE_TOO_LARGE, or -ENOMEM. */
int png_encoder_finish(struct png_encoder *encoder, struct image_output *output);

/* NULL is fine. */
void png_encoder_free(struct png_encoder *encoder);
