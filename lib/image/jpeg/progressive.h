/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/coefficients.h"

#include <stdint.h>

/*
 * Reads a scan of a progressive JPEG (ITU-T T.81, annex G) into coefficients. Every code of it is
 * read whether or not anything of it is wanted, because that shows whether it is damaged. 0;
 * STATUS_IMAGE_CORRUPT; -ENOMEM. *end, unless it is NULL: where in scan->data its last code ends;
 * what is behind that is filling. One thread.
 */
int progressive_read_scan(struct jpeg_coefficients *coefficients, const struct jpeg_scan *scan,
                          const uint8_t **end);
