/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Gray without loss: a JPEG of the luma's coefficients alone, baseline from baseline, progressive
 * from progressive. The AC coefficients' bits are copied as they are, with their Huffman tables;
 * only the DC coefficients are coded anew, since the order of the blocks changes. Every code of
 * every scan, the chroma's included, is walked over all the same, so that a broken image is
 * noticed.
 *
 * 0 and *size; STATUS_IMAGE_CORRUPT; STATUS_IMAGE_TOO_LARGE: more than `capacity` bytes; -ENOTSUP:
 * a luma that is sampled less than the chroma, or a DC difference that 8-bit images do not have;
 * -ENOMEM.
 */
int jpeg_luma(const struct jpeg_layout *layout, uint8_t *output, size_t capacity, size_t *size);
