/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"
#include "image/pixels/raster.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * Decodes at n/8 of the size, filters the planes to the exact size where that is another, turns
 * them upright and encodes them as they are: all of them, or the luma alone where gray is asked
 * for. Gray without a quality is encoded four times finer than it was. As jpeg_planes; the layout
 * is of an ordinary JPEG.
 */
int jpeg_resize(const struct jpeg_layout *layout, const struct image_plan *plan,
                const struct image_output_plan *planned, struct image_output *output);

/* The same, not encoded: planes that live until the next image. */
int jpeg_make_raster(const struct jpeg_layout *layout, const struct image_plan *plan,
                     const struct image_output_plan *planned, struct raster *raster);
