/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/idct.h"

/* As their namesakes, without vectors. */
void plain_narrow_prepare(struct idct *idct, const struct jpeg_component *component);
void plain_narrow_block(const struct idct *idct, const int16_t *block, unsigned k, uint32_t row,
                        uint32_t column, uint8_t *to, size_t pitch);
