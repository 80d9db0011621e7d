/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Gray without loss: a JPEG of the luma's coefficients alone, baseline from baseline, progressive
 * from progressive. The AC coefficients' bits are copied as they are, with their Huffman tables;
 * only the DC coefficients are encoded again, since the order of the blocks changes. Every code of
 * every scan is read, the chroma's included, so that a damaged image is found.
 *
 * 0 and *size; STATUS_IMAGE_CORRUPT; STATUS_IMAGE_TOO_LARGE: more than `capacity` bytes; -ENOTSUP:
 * luma has fewer samples than chroma, or a DC difference is larger than baseline JPEG can encode;
 * -ENOMEM.
 */
int jpeg_luma(const struct jpeg_layout *layout, uint8_t *output, size_t capacity, size_t *size);
