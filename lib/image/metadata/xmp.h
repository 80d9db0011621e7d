/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * XMP (ISO 16684-1): text of properties. What the result makes untrue is overwritten with spaces,
 * which mean nothing between attributes or elements: the orientation, sizes, thumbnails, and what
 * points to parts of the source's file that the result does not have (gain maps, films, an
 * extension).
 *
 * Not a parser of XML: it knows properties as attributes and as elements, as XMP's writers make
 * them. Linear in `size`. Any thread.
 */
void xmp_remove_stale(uint8_t *packet, size_t size);
