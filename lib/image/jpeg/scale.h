/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/markers.h"
#include "image/plan/request.h"

/*
 * Reduces: decodes at n/8 of the size, filters the planes to the exact size where that is another,
 * turns them upright and encodes them as they are. As jpeg_process; the layout is of an ordinary
 * JPEG.
 */
int jpeg_scale(const struct jpeg_layout *layout, const struct image_request *request,
               struct image_output *output);

/* Gray through pixels: decodes the luma, turns it upright, and encodes it at request->quality, or
 * where that is 0 four times finer than it was. */
int jpeg_gray_pixels(const struct jpeg_layout *layout, const struct image_request *request,
                     struct image_output *output);
