/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/gif_blocks.h"

/*
 * The place of row `y` among the rows of a frame's data. An interlaced frame has four passes
 * (GIF89a, appendix E): every 8th row from 0, every 8th from 4, every 4th from 2, every 2nd from 1.
 */
static inline uint32_t gif_row_place(const struct gif_frame *frame, uint32_t y)
{
    if (!frame->interlaced)
        return y;
    if (y % 8 == 0)
        return y / 8;
    if (y % 8 == 4)
        return (frame->height + 7) / 8 + y / 8;
    if (y % 4 == 2)
        return (frame->height + 3) / 4 + y / 4;
    return (frame->height + 1) / 2 + y / 2;
}
