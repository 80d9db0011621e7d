/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The codec handle lives from start to stop. 0 or -ENOMEM. */
int jpeg_turn_start(void);
void jpeg_turn_stop(void);

/*
 * Turns a JPEG of width x height as an EXIF orientation (1 to 8) asks and keeps its luma alone,
 * without loss: whole blocks change places, and coefficients signs. 0 and *size; -ENOTSUP: a block
 * at an edge is not whole, and would have to go where blocks must be; STATUS_IMAGE_TOO_LARGE: more
 * than `capacity` bytes; STATUS_IMAGE_CORRUPT; -ENOMEM.
 */
int jpeg_turn(const uint8_t *source, size_t source_size, uint32_t width, uint32_t height,
              unsigned orientation, uint8_t *output, size_t capacity, size_t *size);
