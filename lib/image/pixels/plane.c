/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/pixels/plane.h"

#include "image/pixels/transpose.h"

/* Laying out and turning planes. */

/* Never a multiple of 4096 bytes: the samples of a column would all fall into the same lines of the
 * cache. */
static size_t pitch_for(uint32_t width)
{
    size_t pitch = plane_aligned((size_t)width + PLANE_MARGIN);

    return pitch % 4096 == 0 ? pitch + 64 : pitch;
}

size_t plane_bytes(uint32_t width, uint32_t height)
{
    return pitch_for(width) * ((size_t)height + PLANE_MARGIN);
}

void plane_place(struct plane *plane, uint8_t *memory, uint32_t width, uint32_t height)
{
    *plane =
        (struct plane){.data = memory, .width = width, .height = height, .pitch = pitch_for(width)};
}

_multiversion_ void plane_transpose(const struct plane *from, struct plane *to)
{
    for (uint32_t y = 0; y < from->height; y += 16)
        for (uint32_t x = 0; x < from->width; x += 16)
            transpose_16x16(from->data + y * from->pitch + x, from->pitch,
                            to->data + x * to->pitch + y, to->pitch);
}

void plane_mirror(struct plane *plane)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *left = plane->data + y * plane->pitch, *right = left + plane->width - 1;

        for (; left < right; left++, right--) {
            uint8_t sample = *left;

            *left = *right;
            *right = sample;
        }
    }
}

static void swap_rows(uint8_t *restrict a, uint8_t *restrict b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t sample = a[i];

        a[i] = b[i];
        b[i] = sample;
    }
}

void plane_flip(struct plane *plane)
{
    for (uint32_t top = 0, bottom = plane->height - 1; top < bottom; top++, bottom--)
        swap_rows(plane->data + top * plane->pitch, plane->data + bottom * plane->pitch,
                  plane->width);
}
