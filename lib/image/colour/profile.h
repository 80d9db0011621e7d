/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What an ICC profile means for the pixels that carry it: the one judge of all formats and paths. A
 * profile is usable if it describes a device (an input, display, output or colour space profile),
 * and Little CMS makes a transform from its colours to sRGB of it; and then only for pixels of its
 * own colour space. One that is not usable is treated as if the file did not have it.
 *
 * Keeps its last answers, because images come in series from a few cameras; one thread only.
 */
enum profile_kind {
    PROFILE_NONE, /* no profile, or one that is not usable */
    PROFILE_SRGB, /* RGB, and sRGB within one step of 8 bits for all colours tried */
    PROFILE_RGB,  /* RGB of another kind */
    PROFILE_CMYK,
    PROFILE_GRAY,
};

enum profile_space { SPACE_GRAY, SPACE_RGB, SPACE_CMYK };

/* The kind of the `size` bytes at `data`; NULL is PROFILE_NONE. */
enum profile_kind profile_kind(const void *data, size_t size);

/* Whether they are a usable profile of pixels of that space: what a result may carry. */
bool profile_fits(const void *data, size_t size, enum profile_space space);

/* From pixels of gray, RGB or CMYK, with further bands that pass unchanged, to sRGB: Little CMS'
 * own. */
struct profile_transform;

struct profile_pixels {
    enum profile_space space;
    unsigned bits;  /* per sample: 8, or 16 in the machine's order */
    unsigned more;  /* bands behind the colours */
    uint64_t count; /* how many of them will come, about: tables pay for many */
};

/* Relative colorimetric, without black point compensation. The caller frees it. NULL: the profile
 * does not fit such pixels, or memory is short. */
struct profile_transform *profile_transform_new(const void *data, size_t size,
                                                const struct profile_pixels *pixels);

/* `width` pixels of 1, 3 or 4 colours and `more` to as many of 3 and `more`; they do not overlap.
 */
void profile_transform_row(struct profile_transform *transform, const void *in, void *out,
                           size_t width);

/* NULL is fine. */
void profile_transform_free(struct profile_transform *transform);
