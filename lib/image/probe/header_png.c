/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "base/status.h"

/*
 * PNG: the size is in IHDR, which is the first chunk (PNG, 5.6). An animated PNG is treated as its
 * first image, as by every decoder that does not know APNG.
 */
enum { PNG_SIGNATURE_BYTES = 8, PNG_IHDR_BYTES = 13 };

/* By colour type: gray, RGB, a palette (of RGB), gray and alpha, RGBA. */
static const uint8_t samples_of[] = {[0] = 1, [2] = 3, [3] = 3, [4] = 2, [6] = 4};

int header_read_png(struct bytes input, struct image_header *header)
{
    const uint8_t *chunk = input.data + PNG_SIGNATURE_BYTES;

    if (!bytes_have(input, PNG_SIGNATURE_BYTES, 8 + PNG_IHDR_BYTES) ||
        get_be32(chunk) != PNG_IHDR_BYTES || memcmp(chunk + 4, "IHDR", 4) != 0)
        return STATUS_IMAGE_CORRUPT;

    header->width = get_be32(chunk + 8);
    header->height = get_be32(chunk + 12);
    header->bits = chunk[16];
    if (chunk[17] < sizeof(samples_of))
        header->samples = samples_of[chunk[17]];
    return header->width > INT32_MAX || header->height > INT32_MAX ? STATUS_IMAGE_CORRUPT : 0;
}
