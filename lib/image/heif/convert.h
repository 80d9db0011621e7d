/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/colour/tone.h"
#include "image/heif/frame.h"

/*
 * Planes to pixels of sRGB's curve: chroma is interpolated, the matrix and the range undone (ITU-T
 * H.273, 8.3), PQ and HLG tone-mapped, alpha put beside, and colours that were multiplied by it
 * divided. Rounded, never cut. 8 bits stay 8, more become 16.
 */
struct heif_converter {
    const struct heif_frame *frame, *alpha; /* alpha: NULL where there is none */
    bool premultiplied;
    unsigned bands; /* 1 to 4 */
    unsigned bits;  /* 8 or 16, in the machine's order */
    float luma_scale, luma_offset, chroma_scale, alpha_scale, alpha_offset;
    float matrix[3][2]; /* what each of the chroma planes adds to red, green and blue */
    bool is_identity;   /* the planes are green, blue and red */
    struct tone_map *tone;
    float *curve;  /* other transfer functions than sRGB's; NULL: none */
    float *buffer; /* rows of the pixels at work */
    uint32_t room; /* pixels in each */
};

/* For spans of up to `room` pixels. The frames are borrowed; `colour` is what their values mean. 0,
 * STATUS_UNSUPPORTED_FORMAT (a matrix that we do not know) or -ENOMEM; clear it in any case. */
int heif_converter_begin(struct heif_converter *converter, const struct heif_frame *frame,
                         const struct heif_frame *alpha, const struct heif_colour *colour,
                         bool premultiplied, uint32_t room);

/* `count` pixels of row y from column x, all within the frame, interleaved. */
void heif_convert(const struct heif_converter *converter, uint32_t x, uint32_t y, uint32_t count,
                  void *to);

void heif_converter_clear(struct heif_converter *converter);
