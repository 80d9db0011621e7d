/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/gif_blocks.h"

/*
 * Where row `y` of a frame is among those that its data hold. Rows of an interlaced one come in
 * four passes: each eighth from 0, each eighth from 4, each fourth from 2, each second from 1.
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
