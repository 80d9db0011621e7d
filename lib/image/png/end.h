/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * Inflates the first `size` bytes of a zlib stream that libdeflate, which wants all or nothing,
 * found broken: it may only lack its end, as that of a file which was cut off behind its last
 * pixel, or of a writer that was never told to finish. 0 where all are there, and no checksum says
 * that they are others; STATUS_IMAGE_CORRUPT; or -ENOMEM. Any thread.
 */
int png_inflate_without_end(struct bytes stream, uint8_t *out, size_t size);
