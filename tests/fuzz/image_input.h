/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/image.h"

#include <stdbool.h>

/*
 * Inputs of the image targets: an image, followed by INPUT_TAIL_BYTES that choose the request. They
 * are at the end, so that a seed is a file that other programs open as an image.
 *
 *     scale (bit 0), gray (bit 1, or no scale), quality (modulo 101), factor ((byte + 1) / 256),
 * capacity of the output
 */
enum { INPUT_TAIL_BYTES = 4, INPUT_MAX_PIXELS = 1 << 20, INPUT_CAPACITY = 8 << 20 };

struct image_input {
    const uint8_t *data;
    size_t size;
    uint8_t last; /* of the tail, for targets that ignore the capacity */
    struct image_request request;
    bool gray, scale;           /* what is asked */
    double factor;              /* 1 without scale */
    struct image_output output; /* image_input_clear frees its memory */
};

/* False: too short for a tail. */
bool image_input_read(struct image_input *input, const uint8_t *data, size_t size);
void image_input_clear(struct image_input *input);

/* Aborts unless `status` and the output fit the request: an image of the format and size where
 * status is 0, else a sentence. `header` is the input's. */
void image_input_check(const struct image_input *input, const struct image_header *header,
                       int status);
