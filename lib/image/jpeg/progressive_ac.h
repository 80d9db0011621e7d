/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/coefficients.h"

#include <stdbool.h>
#include <stdint.h>

/* progressive_read_scan for a scan of AC coefficients. `memory` has room for the scan's bytes and
 * ENTROPY_MARGIN more. `pdep` uses that instruction (core/processor.h), with the same result. */
int progressive_read_ac(struct jpeg_coefficients *coefficients, const struct jpeg_scan *scan,
                        uint8_t *memory, const uint8_t **end, bool pdep);
