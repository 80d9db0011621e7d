/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg_markers.h"
#include "image/plane.h"

/*
 * A JPEG to planes of points/8 of its size, 1 <= points <= 8, its components as they were sampled:
 * plane i is ceil(size of the component * points / 8). Only the coefficients that a transform of so
 * many points looks at are kept; scans that hold none of them are left out.
 */
struct jpeg_decoding {
    unsigned components;       /* 1: the luma alone; or all of them */
    unsigned points;
    bool exact;                /* also refinements that hardly show at this size */
};

/* Fills `planes`, which lie in memory that is valid until the next call. 0; STATUS_IMAGE_CORRUPT;
 * -ENOMEM. */
int jpeg_decode(const struct jpeg_layout *layout, const struct jpeg_decoding *decoding,
                struct plane planes[JPEG_COMPONENTS_MAX]);

/* The two ways it takes: the planes are placed, with room for whole MCUs. */
int jpeg_decode_baseline(const struct jpeg_layout *layout, const struct jpeg_decoding *decoding,
                         struct plane *planes);
int jpeg_decode_progressive(const struct jpeg_layout *layout, const struct jpeg_decoding *decoding,
                            struct plane *planes);
