/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * What an ICC profile means for the pixels that carry it. Keeps its last answer, since pictures
 * come in series from one camera; one thread only.
 */
enum profile_kind {
    PROFILE_NONE,              /* no profile, or none that Little CMS can read */
    PROFILE_SRGB,              /* RGB, and sRGB within one step of 8 bits for all colours tried */
    PROFILE_RGB,               /* RGB of another kind */
    PROFILE_CMYK,
    PROFILE_GRAY,
    PROFILE_OTHER,
};

/* The kind of the `size` bytes at `data`; NULL is PROFILE_NONE. */
enum profile_kind profile_kind(const void *data, size_t size);

/* Whether it says how its device's colours are measured (relative colorimetric). Scanners' profiles
 * may have but one table, and for another intent (perceptual). */
bool profile_is_relative(const void *data, size_t size);

/* Whether the `size` bytes at `data` look like a profile for RGB (or else for gray) pixels: what is
 * not is left out of files. NULL is none. Any thread. */
bool profile_fits(const void *data, size_t size, bool colour);
