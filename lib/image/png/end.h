/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * Inflates the first `size` bytes of a zlib stream that libdeflate, which takes only complete
 * streams, has rejected: it may only lack its end, if the file was cut off behind its last pixel or
 * its writer did not finish the stream. 0: all bytes are there, and no checksum contradicts them;
 * STATUS_IMAGE_CORRUPT; or -ENOMEM. Any thread.
 */
int png_inflate_without_end(struct bytes stream, uint8_t *out, size_t size);
