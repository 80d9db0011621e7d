/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/png/image.h"

/* The pixels of a png_image that was opened, row by row from the top. Inflated in one go by
 * libdeflate, which is several times quicker than zlib. One thread. */

/* Inflates the pixels. 0, STATUS_IMAGE_CORRUPT, or -ENOMEM. */
int png_inflate(struct png_image *image);

/* The next row, `height` times: width * bands samples of a byte each, those of few bits stretched
 * to 0..255; or of two bytes in the machine's order if bits is 16. Valid until the next call. NULL:
 * its filter does not exist, the file is damaged. */
const void *png_next_row(struct png_image *image);
