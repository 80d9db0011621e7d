/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the application segments of a JPEG say of its colours; all zero before the first. */
struct jpeg_colours {
    bool has_jfif, has_adobe;
    uint8_t adobe_transform;
};

/* Looks at a segment's payload, of any marker. */
void jpeg_colours_read(struct jpeg_colours *colours, unsigned marker, const uint8_t *payload,
                       size_t size);

/* Whether three components of these names are RGB, not Y, Cb and Cr: as libjpeg tells it, for files
 * in the wild rely on that. */
bool jpeg_colours_are_rgb(const struct jpeg_colours *colours, const uint8_t names[static 3]);
