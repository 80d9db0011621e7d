/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/target.h"

/* jpeg_decode (decode.h) for baseline JPEGs. */
int jpeg_decode_baseline(const struct jpeg_layout *layout, struct jpeg_decoding *decoding);

/* Reads one scan of a baseline JPEG for nothing but whether it is sound. 0; STATUS_IMAGE_CORRUPT;
 * -ENOMEM. */
int jpeg_check_baseline_scan(const struct jpeg_layout *layout, const struct jpeg_scan *scan);
