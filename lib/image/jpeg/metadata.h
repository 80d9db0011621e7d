/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/markers.h"

/*
 * What the application segments of a JPEG say about its pixels: density, colour transform,
 * orientation, profile. The rest of them is dropped unread.
 */

/* Reads one APPn segment's payload into the layout; what it does not know, or what is broken
 * inside, is ignored. Any thread. */
void jpeg_read_application_segment(struct jpeg_layout *layout, uint8_t marker,
                                   const uint8_t *payload, size_t size);
