/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/bytes.h"
#include "image/format.h"

/*
 * One reader a format behind image_read_header: sizes and frames from the bytes alone. Each is told
 * that the magic bytes are there, fills what it finds into *header (zeroed but for the format), and
 * returns 0 or STATUS_IMAGE_CORRUPT. Any thread.
 */
int header_read_jpeg(struct bytes input, struct image_header *header);
int header_read_png(struct bytes input, struct image_header *header);
int header_read_webp(struct bytes input, struct image_header *header);
int header_read_gif(struct bytes input, struct image_header *header);
int header_read_tiff(struct bytes input, struct image_header *header);
