/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"

#include <stddef.h>
#include <stdint.h>

struct buffer;

/*
 * Writes a JPEG of any kind anew, from what jpeg_read_markers found: the same scans, to the byte,
 * with the headers that they need and an end marker. libjpeg then sees what we saw: no stray bytes,
 * no numbers out of place, no tables left out, no end missing, no scan that was not counted. Of
 * what the application segments said the colour space and the pixel density are kept, and nothing
 * else.
 *
 * 0, or -ENOMEM. The caller clears *copy.
 */
int jpeg_rewrite(const struct jpeg_layout *layout, struct buffer *copy);
