/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "base/status.h"
#include "image/probe/gif_blocks.h"

/*
 * Every frame of a GIF counts with the size of the whole screen, which a decoder must keep of it.
 * Frames are counted as far as the bytes reach, also of a body that is still arriving.
 */
int header_read_gif(struct bytes input, struct image_header *header)
{
    struct gif_blocks blocks;
    struct gif_frame frame;

    if (!gif_begin(&blocks, input))
        return STATUS_IMAGE_CORRUPT;
    while (gif_next(&blocks, &frame) == GIF_FRAME)
        header->alpha = header->alpha || frame.transparent != GIF_OPAQUE;
    header->loop = gif_repeats(&blocks);
    header->width = blocks.width;
    header->height = blocks.height;
    header->frames = blocks.frames;
    return blocks.frames == 0 || blocks.width == 0 || blocks.height == 0 ? STATUS_IMAGE_CORRUPT : 0;
}
