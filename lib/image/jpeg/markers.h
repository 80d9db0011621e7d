/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Reads all markers of a JPEG file (ITU-T T.81, annex B) into *layout, before any coefficient is
 * decoded; *layout is zeroed, or was read into before, and is cleared by the caller. It goes by
 * what libjpeg does, and so by what browsers show: stray bytes between segments, COM and APPn of no
 * length, standard Huffman tables that are left out, numbers in SOS that mean nothing in a
 * sequential file. Once every component (of a progressive file, every bit of every coefficient) has
 * its scan, the image is complete: what follows is passed over, and the end marker may be missing,
 * or the last scan end with the file. Whether a scan holds what it should is seen when it is read
 * (decode.h). Every component has at least its DC coefficients.
 *
 * 0 and *layout; STATUS_IMAGE_CORRUPT: broken, or incomplete and without its end marker;
 * STATUS_IMAGE_TOO_LARGE: more than max_scans scans, complete or not; STATUS_UNSUPPORTED_FORMAT: of
 * a kind that image_read_header refuses; -ENOMEM. Any thread.
 */
int jpeg_read_markers(struct jpeg_layout *layout, const uint8_t *data, size_t size,
                      unsigned max_scans);

/* The scans of any JPEG, also of one that has its tables elsewhere. Any thread. */
unsigned jpeg_count_scans(const uint8_t *data, size_t size);
