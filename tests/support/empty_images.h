/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/heif/container.h"
#include "image/probe/format.h"

#include <stdlib.h>

/* The smallest file of each format that metadata can be inserted into, by the layout of our own
 * results. Decoders may find no pixels in it. */
enum { EMPTY_IMAGE_MAX = 512 };

static inline void empty_copy(struct image_output *output, const char *bytes, size_t size)
{
    memcpy(output->data, bytes, size);
    output->size = size;
}

/* Writes one into output->data, which has room for EMPTY_IMAGE_MAX bytes. False: of a format that
 * is never a result. */
static inline bool empty_image(enum image_format format, struct image_output *output)
{
    static const char jpeg[] = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda\0\2\xff\xd9";
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0"
                              "\x3a\x7e\x9b\x55\0\0\0\0IEND\xae\x42\x60\x82";
    static const char webp[] =
        "RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88"
        "\xfe\x07\0";
    static const char gif[] =
        "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
    static const char tiff[] = "II*\0\x08\0\0\0\2\0\0\1\3\0\1\0\0\0\1\0\0\0\1\1\3\0\1\0\0\0\1\0\0\0"
                               "\0\0\0\0";
    const struct avif_file avif = {
        .width = 1, .height = 1, .image = {.data = {(const uint8_t *)"AV1!", 4}, .bits = 8}};

    output->format = format;
    output->capacity = EMPTY_IMAGE_MAX;
    switch (format) {
    case IMAGE_JPEG:
        empty_copy(output, jpeg, sizeof(jpeg) - 1);
        return true;
    case IMAGE_PNG:
        empty_copy(output, png, sizeof(png) - 1);
        return true;
    case IMAGE_WEBP:
        empty_copy(output, webp, sizeof(webp) - 1);
        return true;
    case IMAGE_GIF:
        empty_copy(output, gif, sizeof(gif) - 1);
        return true;
    case IMAGE_TIFF:
        empty_copy(output, tiff, sizeof(tiff) - 1);
        return true;
    case IMAGE_AVIF:
        return avif_write(&avif, output) == 0;
    default:
        return false;
    }
}
