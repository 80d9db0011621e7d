/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

#include <vips/vips.h>

/* Opens an AVIF or HEIC, which is decoded at once; its pixels are made as they are read, upright. 0
 * and *image; -1, STATUS_IMAGE_CORRUPT, STATUS_UNSUPPORTED_FORMAT or -ENOMEM. */
int heif_load(const uint8_t *input, size_t size, VipsImage **image);
