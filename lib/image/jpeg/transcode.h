/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a JPEG becomes without loss: whole blocks change places, and coefficients signs. */
struct jpeg_transcoding {
    unsigned turn;    /* as an EXIF orientation asks, 1 to 8 */
    bool luma;        /* alone */
    bool progressive; /* it becomes that, or stays it; else it becomes baseline */
};

/*
 * Reads the coefficients of a JPEG of any kind by libjpeg and writes them, Huffman-coded, with the
 * pixel density and no other metadata. The source is a clean one, that we have written
 * (rewrite.h, luma.h). 0 and *size; -ENOTSUP: a block at an edge is not whole, and would have to go
 * where blocks must be, or a coefficient is larger than any of 8 bits; STATUS_IMAGE_TOO_LARGE: more
 * than `capacity` bytes; STATUS_IMAGE_CORRUPT: libjpeg warns of damage; -ENOMEM.
 */
int jpeg_transcode(const uint8_t *source, size_t source_size,
                   const struct jpeg_transcoding *transcoding, uint8_t *output, size_t capacity,
                   size_t *size);
