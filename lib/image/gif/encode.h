/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/write.h"

/* Writes the pixels of a frame, rows of `width` indices below 2^bits, `pitch` bytes apart: the LZW
 * code size, sub-blocks and their terminator. `bits` is 1..8. One thread. */
void gif_encode(struct gif_writer *writer, const uint8_t *indices, size_t pitch, uint32_t width,
                uint32_t height, unsigned bits);
