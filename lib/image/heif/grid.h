/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/heif/frame.h"
#include "image/probe/heif_primary.h"

/* Decodes an item, or the tiles of a grid one after the other into one frame, of exactly the grid's
 * size. 0 and *frame, which the caller clears; STATUS_IMAGE_CORRUPT; STATUS_UNSUPPORTED_FORMAT;
 * -ENOMEM. */
int heif_decode_grid(const struct heif_file *file, const struct heif_grid *grid,
                     struct heif_frame *frame);
