/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * AVIF and HEIC to pixels:
 *
 *     probe/heif_primary: which items -> grid: each decoded by av1 or hevc, tiles joined
 *                                     -> convert: rows as they are shown
 *
 * The planes are decoded when the image is opened; pixels are made row by row.
 */
struct heif_image;

/* What the codecs need to know before the first image, once per process. 0 or -errno. */
int heif_start(void);

/* Decodes `input`, whose header was read without an objection. It is borrowed while the image
 * lives. 0 and *image, which the caller frees; STATUS_IMAGE_CORRUPT; STATUS_UNSUPPORTED_FORMAT;
 * -ENOMEM. */
int heif_open(struct bytes input, struct heif_image **image);
void heif_free(struct heif_image *image);

/* Gray, gray and alpha, RGB, or RGB and alpha, by sRGB's curve, not multiplied by alpha. */
struct heif_kind {
    uint32_t width, height; /* as shown */
    unsigned bands;         /* 1 to 4 */
    unsigned bits;          /* 8, or 16 in the machine's order */
    unsigned strip;         /* rows that are best asked for at a time */
    const void *profile;    /* ICC, the image's own; NULL: sRGB */
    size_t profile_size;
};

void heif_describe(const struct heif_image *image, struct heif_kind *kind);

/* Rows from `top` on, in any order, `stride` bytes apart. */
void heif_rows(struct heif_image *image, uint32_t top, uint32_t count, uint8_t *to, size_t stride);
