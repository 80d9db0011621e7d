/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Whether the deflated strips of a TIFF's first picture are whole. libtiff stops reading a strip when
 * it has as many bytes as it wants, and never looks at the sum behind them: a damaged strip that
 * inflates to enough bytes would pass. 0: they are, or it is another kind of TIFF; or
 * STATUS_IMAGE_CORRUPT. One thread.
 */
int tiff_check(const uint8_t *data, size_t size);
