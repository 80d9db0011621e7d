/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the application segments of a JPEG say about its pixels: JFIF (ITU-T T.871) and Adobe's
 * (Technical Note 5116) about colours and density, EXIF about the orientation. Everything else in
 * them is dropped unread.
 */
struct jpeg_application {
    bool has_jfif, has_adobe;
    uint8_t adobe_transform;
    uint8_t density_unit; /* JFIF's */
    uint16_t density_x, density_y;
    uint8_t orientation;  /* EXIF's, 1..8; 1 before the first segment and where there is none */
    bool has_orientation; /* a segment has one, be it 1 */
};

static inline struct jpeg_application jpeg_application_begin(void)
{
    return (struct jpeg_application){.orientation = 1};
}

/* Reads a segment's payload, of any marker. What is unknown or broken inside is ignored. Any
 * thread. */
void jpeg_application_read(struct jpeg_application *application, unsigned marker,
                           const uint8_t *payload, size_t size);

/* Whether three components of these names are RGB, not Y, Cb and Cr: by libjpeg's rule, because
 * files in the wild rely on it. */
bool jpeg_application_is_rgb(const struct jpeg_application *application,
                             const uint8_t names[static 3]);
