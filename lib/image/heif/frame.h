/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/heif_item.h"

/*
 * A decoded frame in planes as the codec has it: Y alone, or Y, Cb and Cr (or what the matrix makes
 * of them). Samples of 8 bits are bytes, of 9 to 12 bits uint16_t.
 */
struct heif_frame {
    uint32_t width, height;
    unsigned bits;
    unsigned planes;           /* 1 or 3 */
    unsigned x_shift, y_shift; /* by which the second and third plane are smaller */
    const uint8_t *samples[3];
    size_t strides[3];         /* bytes */
    struct heif_colour colour; /* what the coded image itself says of its colours */
    void *owner;
    void (*release)(void *owner);
};

/* Frees the planes; of a frame of zeros, too. */
static inline void heif_frame_clear(struct heif_frame *frame)
{
    if (frame->release != NULL)
        frame->release(frame->owner);
    *frame = (struct heif_frame){0};
}

static inline uint32_t heif_plane_width(const struct heif_frame *frame, unsigned plane)
{
    return plane == 0 ? frame->width
                      : (frame->width + (1u << frame->x_shift) - 1) >> frame->x_shift;
}

static inline uint32_t heif_plane_height(const struct heif_frame *frame, unsigned plane)
{
    return plane == 0 ? frame->height
                      : (frame->height + (1u << frame->y_shift) - 1) >> frame->y_shift;
}

static inline unsigned heif_sample_bytes(const struct heif_frame *frame)
{
    return frame->bits > 8 ? 2 : 1;
}
