/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/bytes.h"

/* What the chunks around a WebP's pixels say (RFC 9649): profile, and the orientation in the EXIF
 * chunk. Any thread. */
struct webp_metadata {
    struct bytes profile;      /* ICC, in the file; data is NULL where there is none */
    unsigned orientation;      /* 1..8, as EXIF has it */
};

struct webp_metadata webp_read_metadata(const uint8_t *file, size_t size);
