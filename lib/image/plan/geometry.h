/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/decimal.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Sizes and boxes in pixels, exactly: integers and fractions, never floating point. No side is 0,
 * and none of a source is above INT32_MAX. Pure functions, any thread.
 */
struct image_size {
    uint32_t width, height;
};

struct image_box {
    uint32_t left, top, width, height;
};

/* How an image is made to meet a box of both sides. */
enum image_fit {
    IMAGE_FIT_INSIDE,  /* the largest size within the box */
    IMAGE_FIT_COVER,   /* fills the box; the excess is cut off */
    IMAGE_FIT_FILL,    /* stretched to the box */
    IMAGE_FIT_PAD,     /* inside, on a canvas of the box */
    IMAGE_FIT_OUTSIDE, /* the smallest size that covers the box */
    IMAGE_FIT_COUNT
};

/* Where something is cut or placed: shares of what is to spare, from the left and from the top,
 * 0..1. */
struct image_gravity {
    struct decimal x, y;
};

/* max(1, floor(length * numerator / denominator + 1/2)), saturating. The denominator is not 0. */
uint32_t geometry_scale(uint32_t length, uint64_t numerator, uint64_t denominator);

/* An image of `source` resized to one side of `box`, whose other is 0, or by `fit` to both.
 * `resized` is what it is resized to, and `result` what is left of it (cover) or put under it
 * (pad); else the same. Without `enlarge` no side grows beyond the source's (a pad's canvas may).
 */
void geometry_fit(struct image_size source, struct image_size box, enum image_fit fit, bool enlarge,
                  struct image_size *resized, struct image_size *result);

/* floor(spare * share). */
uint32_t geometry_offset(uint32_t spare, struct decimal share);

/* Where a `part` lies in a `whole` that is at least as large, by gravity. */
struct image_box geometry_place(struct image_size part, struct image_size whole,
                                const struct image_gravity *gravity);

/* Narrows a source that is resized to `resized`, of which only `cut` is kept, to what `cut` is made
 * of: *part of the source, resized to *resized, of which the new *cut is kept. The filter meets no
 * edge that the whole source does not have, and pixels stay within half a one of where they were,
 * mostly much nearer. `resized` is larger than the source. */
void geometry_narrow(struct image_size source, struct image_size *resized, struct image_box *cut,
                     struct image_box *part);

/* The largest square. */
struct image_box geometry_square(struct image_size source, const struct image_gravity *gravity);

/* Clips `box` to an image of that size. False: it is entirely outside. */
bool geometry_clip(struct image_box *box, struct image_size size);

/* The box whose edges are percentages of the sides: left, top, width and height, at most 100 each
 * and of at most 15 places, `left` and `top` below 100. At least one pixel each way. */
struct image_box geometry_percentages(const struct decimal percent[4], struct image_size size);

/* --- turns: the eight orientations of EXIF (CIPA DC-008, 4.6.5), as what has to be done
 * ------------ */

/* The turn that does `first` and then `second`. */
unsigned geometry_combine(unsigned first, unsigned second);

/* The turn that undoes `turn`. */
unsigned geometry_inverse(unsigned turn);

/* Whether width and height change places. */
static inline bool geometry_swaps(unsigned turn)
{
    return turn >= 5;
}

/* Whether columns, or rows, are in reverse order then: after width and height have changed places.
 */
bool geometry_mirrors(unsigned turn);
bool geometry_flips(unsigned turn);

struct image_size geometry_turn_size(struct image_size size, unsigned turn);

/* Where `box` of an image of that size lies once the image is turned. */
struct image_box geometry_turn_box(struct image_box box, struct image_size size, unsigned turn);
