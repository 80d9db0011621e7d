/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/result.h"
#include "image/probe/heif_item.h"

/* The boxes of an AVIF around what the encoder made (AV1 Image File Format; ISO/IEC 23008-12). */
struct avif_part {
    struct bytes data;            /* open bitstream units, without a temporal delimiter */
    uint8_t profile, level, tier; /* as in the sequence header */
    unsigned bits;
    bool monochrome;
    unsigned x_shift, y_shift;
};

struct avif_file {
    uint32_t width, height;
    struct avif_part image;
    bool has_alpha;
    struct avif_part alpha;
    struct heif_colour colour;
    const void *profile; /* ICC; NULL: none */
    size_t profile_size;
};

/* 0, or STATUS_IMAGE_TOO_LARGE past the capacity. */
int avif_write(const struct avif_file *file, struct image_output *output);
