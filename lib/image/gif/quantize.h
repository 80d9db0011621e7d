/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Finds colours for pixels: boxes of them are cut in two where they vary most, and the means of the
 * boxes then move to where they are the means of what is nearest to them. `pixels`, all opaque, are
 * put into another order. Returns how many colours it found, at most `limit` (256), fewer where
 * there are no more. Any thread.
 */
enum { GIF_SAMPLES_MAX = 8192 };

unsigned gif_quantize(uint32_t *pixels, size_t count, unsigned limit, uint32_t *colours);
