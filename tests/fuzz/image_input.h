/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/image.h"

#include <stdbool.h>

/*
 * Inputs of the picture targets: a picture, and behind it PICTURE_TAIL_BYTES that choose what is
 * asked of it. At the end and not in front, so that a seed is a file that others know as a picture.
 *
 *     scale (bit 0), gray (bit 1, or no scale), quality (modulo 101), factor ((byte + 1) / 256),
 * capacity of the output
 */
enum { PICTURE_TAIL_BYTES = 4, PICTURE_MAX_PIXELS = 1 << 20, PICTURE_CAPACITY = 8 << 20 };

struct image_input {
    const uint8_t *data;
    size_t size;
    uint8_t last; /* of the tail, for whom the capacity means nothing */
    struct image_request request;
    bool gray, scale;           /* what is asked */
    double factor;              /* 1 without scale */
    struct image_output output; /* image_input_clear frees its memory */
};

/* False: too short to be one. */
bool image_input_read(struct image_input *input, const uint8_t *data, size_t size);
void image_input_clear(struct image_input *input);

/* Dies unless `status` and the output are an honest end of the request: a picture of that format
 * and size where it is 0, else a sentence. `header` is the input's. */
void picture_check(const struct image_input *input, const struct image_header *header,
                   int status);
