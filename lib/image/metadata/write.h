/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/metadata/items.h"
#include "image/plan/result.h"

enum { JPEG_EXIF_MAX = 65535 - 2 - 6 }; /* a segment's length, and what marks it as EXIF */

/* Inserts the items into the complete file in *output, whose format it has; those that the format
 * has no place for are left out. 0; STATUS_IMAGE_TOO_LARGE: past the capacity; -ENOMEM; or -EIO:
 * it is no file of ours. Any thread. */
int metadata_write(const struct metadata *metadata, struct image_output *output);

/* Makes room of `bytes` bytes at `at`; what is there moves on. NULL: there is none. */
uint8_t *metadata_make_room(struct image_output *output, size_t at, size_t bytes);

/* Two formats whose files refer to their parts by offsets: inserts an item of the kinds EXIF, XMP
 * and, into a TIFF, IPTC. The same results. */
int metadata_write_tiff(const struct metadata_item *item, struct image_output *output);
int metadata_write_avif(const struct metadata_item *item, struct image_output *output);
