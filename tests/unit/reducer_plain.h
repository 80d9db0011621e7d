/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/pixels/reducer.h"

/* As their namesakes, without vectors of 32 bytes. */
size_t plain_bytes(const struct reducer_options *options);
void plain_begin(struct reducer *reducer, const struct reducer_options *options, uint8_t *memory,
                 struct plane *to);
uint8_t *plain_take(struct reducer *reducer, uint32_t rows);
