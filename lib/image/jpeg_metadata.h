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

/*
 * Whether the colours of the picture are sRGB's as far as luma is concerned: it carries no profile,
 * or one whose primaries and tone curve are sRGB's; recognised by the numbers in it. Where it is
 * false, Y is not what the profile's white, gray and black mean. Any thread.
 */
bool jpeg_profile_is_srgb(const struct jpeg_layout *layout);

/* The size of the profile put together; 0 where there is none or a chunk is missing. */
size_t jpeg_profile_size(const struct jpeg_layout *layout);

/* Puts it together in jpeg_memory(MEMORY_STREAM). NULL: there is no memory, or no profile. */
const uint8_t *jpeg_profile(const struct jpeg_layout *layout, size_t *size);
