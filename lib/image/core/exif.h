/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The orientation (1 to 8; CIPA DC-008, 4.6.5, tag 0x0112) in the first directory of an EXIF block:
 * bytes that begin as a TIFF does, as `size` bytes at `tiff` may be of any format. EXIF wants a
 * SHORT, and files carry every integer type; all are taken. 1 where there is none, or no such
 * number. Any thread.
 */
unsigned exif_orientation(const uint8_t *tiff, size_t size);
