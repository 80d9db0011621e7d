/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One component of an image: samples of 8 bits in rows `pitch` bytes apart. Every plane has memory
 * for PLANE_MARGIN samples behind each row and PLANE_MARGIN rows behind the last: loops may work in
 * whole vectors and blocks. One thread.
 */
struct plane {
    uint8_t *data;
    uint32_t width, height;
    size_t pitch;
};

enum { PLANE_MARGIN = 32 };

/* Up to whole cache lines. */
static inline size_t plane_aligned(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* The bytes that a plane of this size takes. */
size_t plane_bytes(uint32_t width, uint32_t height);

/* Lays a plane into memory of that many bytes. */
void plane_place(struct plane *plane, uint8_t *memory, uint32_t width, uint32_t height);

/* Rows become columns. `to` is placed, height x width of `from`. */
void plane_transpose(const struct plane *from, struct plane *to);

/* In place: right becomes left; bottom becomes top. */
void plane_mirror(struct plane *plane);
void plane_flip(struct plane *plane);
