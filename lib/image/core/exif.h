/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The orientation (1 to 8; CIPA DC-008, 4.6.5, tag 0x0112) in the first directory of an EXIF block,
 * which begins as a TIFF does: `size` bytes at `data`, from a file of any format. EXIF requires a
 * SHORT, but files carry every integer type; all are accepted. 1 if the block has no orientation or
 * an invalid one. Any thread.
 */
unsigned exif_orientation(const uint8_t *data, size_t size);

/* The same, but 0 if the block has no orientation or an invalid one. */
unsigned exif_find_orientation(const uint8_t *data, size_t size);
