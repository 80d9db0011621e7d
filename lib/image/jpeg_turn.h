/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The codec handle lives from start to stop. 0 or -ENOMEM. */
int jpeg_turn_start(void);
void jpeg_turn_stop(void);

/*
 * Turns a gray JPEG of width x height as an EXIF orientation (2 to 8) asks, without loss: whole blocks
 * change places, and coefficients signs. 0 and *size; -ENOTSUP: a block at an edge is not whole, and
 * would have to go where blocks must be; STATUS_IMAGE_TOO_LARGE: more than `capacity` bytes;
 * STATUS_IMAGE_CORRUPT; -ENOMEM.
 */
int jpeg_turn(const uint8_t *gray, size_t gray_size, uint32_t width, uint32_t height,
              unsigned orientation, uint8_t *output, size_t capacity, size_t *size);
