/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

/* What a result can be in each format that is written. Any thread. */
uint32_t format_side_max(enum image_format format);

/* Of a JPEG that libjpeg encodes (its JPEG_MAX_DIMENSION); copies of codes may have more. */
enum { FORMAT_ENCODED_JPEG_SIDE_MAX = 65500 };

bool format_fits(enum image_format format, struct image_size size);

bool format_has_animation(enum image_format format);

bool format_has_alpha(enum image_format format);

/* For format=auto: the first that can hold the result, whose size is known by now. */
enum image_format format_choose(const struct image_request *request,
                                const struct image_encoding *encoding,
                                const struct image_header *header, struct image_size size);
