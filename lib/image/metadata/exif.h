/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/metadata/fields.h"
#include "image/plan/request.h"

/*
 * EXIF (CIPA DC-008; CIPA DC-010 for XMP beside it): a TIFF without pixels. A block is written anew
 * from what is kept of the source's, which may be a TIFF with pixels.
 */
enum { EXIF_HEADER_BYTES = 8 };

struct exif_choice {
    enum image_metadata kept; /* COPYRIGHT: Artist and Copyright alone */
    unsigned orientation;     /* to be written, unless it is 1: the source's is never kept */
    uint32_t width, height;   /* of the result */
    size_t bytes_max;         /* that the container holds: the largest values go until it does */
};

/* Makes the block that `choice` leaves of `source`, which may be empty or hold anything: *owned,
 * *size bytes, to be freed by the caller; NULL and 0: nothing is left. 0 or -ENOMEM.
 * Any thread. */
int exif_select(struct bytes source, const struct exif_choice *choice, uint8_t **owned,
                size_t *size);

/* Adds all that a block has, thumbnail and unknown directories aside, whose byte order becomes that
 * of the fields. False: it is no such block. Any thread. */
bool exif_collect(struct bytes block, struct tiff_fields *fields);
