/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/probe/format.h"

/*
 * The readers behind image_read_header, one for each format: sizes and frames from the bytes alone.
 * The magic bytes are there when one is called. It fills what it finds into *header, which is zero
 * but for what image_read_header() presets, and returns 0, STATUS_IMAGE_CORRUPT, or what
 * image_refuse does. Any thread.
 */
int header_read_jpeg(struct bytes input, struct image_header *header);
int header_read_png(struct bytes input, struct image_header *header);
int header_read_webp(struct bytes input, struct image_header *header);
int header_read_gif(struct bytes input, struct image_header *header);
int header_read_tiff(struct bytes input, struct image_header *header);
int header_read_heif(struct bytes input, struct image_header *header);

/* Notes what an EXIF block says. */
void header_note_exif(struct bytes exif, struct image_header *header);

/* Notes that there is an ICC profile, with the name that its `desc` tag gives, as far as that lies
 * in `profile`, which may be its beginning alone. Any thread. */
void header_note_profile(struct bytes profile, struct image_header *header);

/* Notes a profile of that name, `length` bytes of Latin-1. */
void header_note_profile_name(const uint8_t *name, size_t length, struct image_header *header);

/* What HEIF's boxes hold: AVIF by its brands or by its primary item, else HEIC for any other HEIF;
 * IMAGE_NONE for other files. Linear in the file's size. */
enum image_format heif_sniff(struct bytes input);

/* For an image that may be sound but is of a kind that is not supported: what it is ("a TIFF ..."),
 * for the sentence to its client. Returns STATUS_UNSUPPORTED_FORMAT. */
int image_refuse(struct image_header *header, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
