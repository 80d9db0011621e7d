/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/plane.h"

#include <stdbool.h>

/*
 * Halved chroma is shown interpolated, three parts of the sample and one of its neighbour
 * (libjpeg's "fancy" upsampling, and what browsers do). That flattens it, and a reduced image
 * more than its source, whose samples are finer. What the reduced one would lack is added before it
 * is encoded. One thread.
 */

/* How much: for chroma reduced by `factor`, the result's samples for each of the source's, from so
 * many points of a block; and whether the source's was halved too. */
unsigned chroma_emphasis(double factor, unsigned points, bool was_halved);

/* The memory that it takes for a plane of this width; and adding it, in place, horizontally or
 * vertically or both. */
size_t chroma_bytes(uint32_t width);
void chroma_emphasize(const struct plane *plane, unsigned emphasis, bool horizontal, bool vertical,
                      uint8_t *memory);
