/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/idct_common.h"

/* idct_prepare and idct_block (idct.h) for up to four frequencies. */
void idct_narrow_prepare(struct idct *idct, const struct jpeg_component *component);
void idct_narrow_block(const struct idct *idct, const int16_t *block, unsigned k, uint32_t row,
                       uint32_t column, uint8_t *to, size_t pitch);
