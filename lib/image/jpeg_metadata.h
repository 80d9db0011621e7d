/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg_markers.h"

/*
 * What the application segments of a JPEG say about its pixels: density, colour transform,
 * orientation, profile. The rest of them is dropped unread.
 */

/* Reads one APPn segment's payload into the layout; what it does not know, or what is broken inside,
 * is ignored. Any thread. */
void jpeg_read_application_segment(struct jpeg_layout *layout, uint8_t marker,
                                   const uint8_t *payload, size_t size);

/* The EXIF orientation 1..8 of a TIFF structure; 1 where there is none. Any thread. */
unsigned jpeg_exif_orientation(const uint8_t *tiff, size_t size);
