/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/png/filter.h"

enum { PNG_UNFILTER_MARGIN = 8 }; /* readable bytes behind a row */

/* Undoes a filter in place: the opposite of png_filter_apply, with its terms, but that `above` is
 * NULL for the first row and nothing need lie before a row. `step` is 1, 2, 3, 4, 6 or 8. */
void png_unfilter(enum png_filter filter, uint8_t *row, const uint8_t *above, size_t length,
                  size_t step);
