/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/write.h"

/*
 * Transparency without a transparent index: the part of the screen that the first frame does not
 * cover, and the part that a frame leaves when it is disposed of. Browsers show it as transparent,
 * other readers in the background colour. The copy has a transparent index for it.
 */

/* Whether the frame leaves anything transparent and has no transparent index. */
bool gif_leaves_transparency(const struct gif_blocks *blocks, const struct gif_frame *frame);

/* Writes such a frame with a transparent index that no pixel has; as large as the screen if it is
 * the first. `colours` holds its table, with room for GIF_COLOURS; frame->table refers to it if it
 * is the frame's own. If all 256 colours are used, one is replaced by the colour closest to it. 0,
 * STATUS_IMAGE_CORRUPT or -ENOMEM. */
int gif_write_transparent(struct gif_writer *writer, const struct gif_blocks *blocks,
                          struct gif_frame *frame, uint8_t *colours, unsigned count);

/* Writes one transparent pixel instead of a frame without pixels, which many readers reject. */
void gif_write_empty(struct gif_writer *writer, uint16_t delay);
