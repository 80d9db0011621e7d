/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The five row filters of PNG (specification, section 9). A row is `length` bytes, a pixel `step`
 * bytes; `above` is the row before, zeros for the first. Before `row` and `above` lie at least
 * `step` readable bytes of zero.
 */
enum png_filter { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH, FILTER_COUNT };

/* Writes the filtered row to `out`. */
void png_filter_apply(enum png_filter filter, const uint8_t *row, const uint8_t *above,
                      size_t length, size_t step, uint8_t *out);

/* The filter whose result has the smallest sum of absolute values, as the specification advises, or
 * none if that sum is large; `scratch` holds `length` bytes. */
enum png_filter png_filter_choose(const uint8_t *row, const uint8_t *above, size_t length,
                                  size_t step, uint8_t *scratch);
