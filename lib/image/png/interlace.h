/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/png/image.h"

/* The seven passes of an interlaced PNG (PNG, 8.2: Adam7), each a small image of its own. One
 * thread. */

/* Bytes of all passes' filtered rows. */
size_t png_interlaced_bytes(const struct png_image *image);

/* Makes of `filtered`, which holds the passes, the rows of a image that is not interlaced, each
 * with the filter that does nothing. 0, STATUS_IMAGE_CORRUPT (there is no such filter), or -ENOMEM.
 */
int png_deinterlace(struct png_image *image);
