/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Finds colours for pixels: boxes of pixels are split where they vary most, then the boxes' means
 * move to the mean of the pixels nearest to them. `pixels`, all opaque, are reordered. Returns the
 * number of colours, at most `limit` (256) and at most as many as the pixels have. Any thread.
 */
enum { GIF_SAMPLES_MAX = 8192 };

unsigned gif_quantize(uint32_t *pixels, size_t count, unsigned limit, uint32_t *colours);
