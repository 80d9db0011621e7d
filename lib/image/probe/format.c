/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/core/bytes.h"
#include "image/probe/format_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * The formats in one table: their names, the bytes they begin with, and the reader of their header.
 * Everything else about a format is in header_<format>.c.
 */
struct magic {
    enum image_format format;
    size_t offset, length;
    const char *bytes;
};

static const struct magic magics[] = {
    {IMAGE_JPEG, 0, 3, "\xff\xd8\xff"}, {IMAGE_PNG, 0, 8, "\x89PNG\r\n\x1a\n"},
    {IMAGE_GIF, 0, 6, "GIF87a"},        {IMAGE_GIF, 0, 6, "GIF89a"},
    {IMAGE_TIFF, 0, 4, "II*\0"},        {IMAGE_TIFF, 0, 4, "MM\0*"},
    {IMAGE_TIFF, 0, 4, "II+\0"},        {IMAGE_TIFF, 0, 4, "MM\0+"},
    {IMAGE_WEBP, 8, 4, "WEBP"},
};

static const struct {
    const char *name, *media_type;
    int (*read_header)(struct bytes input, struct image_header *header);
} formats[IMAGE_FORMAT_COUNT] = {
    [IMAGE_NONE] = {"unknown", "application/octet-stream", NULL},
    [IMAGE_JPEG] = {"JPEG", "image/jpeg", header_read_jpeg},
    [IMAGE_PNG] = {"PNG", "image/png", header_read_png},
    [IMAGE_WEBP] = {"WebP", "image/webp", header_read_webp},
    [IMAGE_GIF] = {"GIF", "image/gif", header_read_gif},
    [IMAGE_TIFF] = {"TIFF", "image/tiff", header_read_tiff},
    [IMAGE_AVIF] = {"AVIF", "image/avif", header_read_heif},
    [IMAGE_HEIC] = {"HEIC", "image/heic", header_read_heif},
};

enum image_format image_sniff(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};

    for (size_t i = 0; i < ARRAY_LENGTH(magics); i++) {
        const struct magic *magic = &magics[i];

        if (!bytes_match(input, magic->offset, magic->bytes, magic->length))
            continue;
        if (magic->format == IMAGE_WEBP && !bytes_match(input, 0, "RIFF", 4))
            continue;
        return magic->format;
    }
    return heif_sniff(input);
}

int image_read_header(const uint8_t *data, size_t size, struct image_header *header)
{
    enum image_format format = image_sniff(data, size);
    int status;

    *header = (struct image_header){.format = format};
    if (format == IMAGE_NONE)
        return STATUS_UNSUPPORTED_FORMAT;

    header->frames = 1;
    header->orientation = 1;
    header->loop = IMAGE_LOOP_NONE;
    status = formats[format].read_header((struct bytes){data, size}, header);
    if (status == 0 && (header->width == 0 || header->height == 0))
        status = STATUS_IMAGE_CORRUPT;
    return status;
}

int image_refuse(struct image_header *header, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(header->unsupported, sizeof(header->unsupported), format, arguments);
    va_end(arguments);
    return STATUS_UNSUPPORTED_FORMAT;
}

bool image_has_room(const struct image_header *header, size_t size)
{
    return header->stored_bytes <= size;
}

uint64_t image_pixels(const struct image_header *header)
{
    uint64_t pixels = (uint64_t)header->width * header->height;

    if (__builtin_mul_overflow(pixels, header->frames, &pixels))
        return UINT64_MAX;
    return pixels > header->decoded_pixels ? pixels : header->decoded_pixels;
}

enum image_format image_result_format(enum image_format source)
{
    return source == IMAGE_HEIC ? IMAGE_JPEG : source;
}

const char *image_media_type(unsigned format)
{
    return formats[format < IMAGE_FORMAT_COUNT ? format : IMAGE_NONE].media_type;
}

enum image_format image_format_of_media_type(const char *type, size_t length)
{
    for (unsigned format = IMAGE_JPEG; format < IMAGE_FORMAT_COUNT; format++) {
        const char *known = formats[format].media_type;

        if (strlen(known) == length && strncasecmp(known, type, length) == 0)
            return format;
    }
    return IMAGE_NONE;
}

enum image_format image_format_of_word(const char *word)
{
    unsigned format = IMAGE_JPEG;

    while (format < IMAGE_FORMAT_COUNT && strcasecmp(formats[format].name, word) != 0)
        format++;
    return format < IMAGE_FORMAT_COUNT ? format : IMAGE_NONE;
}

const char *image_format_name(unsigned format)
{
    return formats[format < IMAGE_FORMAT_COUNT ? format : IMAGE_NONE].name;
}
