/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/probe/format.h"

/*
 * One reader a format behind image_read_header: sizes and frames from the bytes alone. Each is told
 * that the magic bytes are there, fills what it finds into *header (zeroed but for the format), and
 * returns 0, STATUS_IMAGE_CORRUPT, or what image_refuse does. Any thread.
 */
int header_read_jpeg(struct bytes input, struct image_header *header);
int header_read_png(struct bytes input, struct image_header *header);
int header_read_webp(struct bytes input, struct image_header *header);
int header_read_gif(struct bytes input, struct image_header *header);
int header_read_tiff(struct bytes input, struct image_header *header);

/* For a picture that may be sound but is of a kind that we do not take: what it is ("a TIFF ..."),
 * for the sentence that its client gets. Returns STATUS_UNSUPPORTED_FORMAT. */
int image_refuse(struct image_header *header, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
