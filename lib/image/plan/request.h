/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/format.h"

#include <stddef.h>
#include <stdint.h>

/* What is asked of an image, and what comes of it: between image.h and all the wings. */
enum image_operation { IMAGE_GRAY, IMAGE_SCALE };

enum { IMAGE_DETAIL_BYTES = 128 };

struct image_request {
    enum image_operation operation;
    double factor;       /* IMAGE_SCALE: 0 < factor <= 1 */
    int quality;         /* 1..100 as asked; 0: not asked (gray JPEG is then lossless) */
    int default_quality; /* 1..100 for lossy results where none was asked */
    uint64_t max_pixels; /* width x height x frames */
    unsigned max_scans;  /* of a progressive JPEG */
};

struct image_output {
    uint8_t *data; /* the caller's memory */
    size_t capacity;
    size_t size; /* of the result */
    enum image_format format;
    char detail[IMAGE_DETAIL_BYTES]; /* why not, one sentence for the client */
};

/* round-half-up(length * factor), at least 1: the size of a reduced picture. */
uint32_t image_scaled_length(uint32_t length, double factor);
