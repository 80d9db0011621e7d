/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What can be told of a picture from its bytes without decoding any: its format and its size. Plain
 * C, no image library: servers use it too, to refuse cheaply, and it is fuzzed.
 */
enum image_format { IMAGE_NONE, IMAGE_JPEG, IMAGE_PNG, IMAGE_WEBP, IMAGE_GIF, IMAGE_TIFF, IMAGE_FORMAT_COUNT };

struct image_header {
    enum image_format format;
    uint32_t width, height;    /* pixels as stored, before orientation; 0: not told cheaply */
    uint32_t frames;           /* at least 1; of GIF, WebP and TIFF (pages, if all have one size) */
    bool lossless;             /* WebP: whether the (first) picture is VP8L */
    uint16_t bits;             /* per sample; PNG and TIFF */
    uint16_t compression;      /* TIFF's own number for it */
    bool planes;               /* TIFF: of samples, as libvips does not put them together */
    uint8_t quality;           /* JPEG: about what its luma was encoded at, 1..100; 0: not known */
};

/* The format from the magic bytes; IMAGE_NONE for anything else. Any thread. */
enum image_format image_sniff(const uint8_t *data, size_t size);

/* Reads the header. 0; STATUS_UNSUPPORTED_FORMAT; or STATUS_IMAGE_CORRUPT where the bytes end or
 * break before a size is found. Linear in `size` at worst, allocates nothing. Any thread. */
int image_read_header(const uint8_t *data, size_t size, struct image_header *header);

/* width x height x frames, saturating. */
uint64_t image_pixels(const struct image_header *header);

/* "image/jpeg" ...; "application/octet-stream" for IMAGE_NONE and unknown numbers. */
const char *image_media_type(unsigned format);

/* "JPEG" ..., for sentences. */
const char *image_format_name(unsigned format);
