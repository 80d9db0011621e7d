/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"

#include <stddef.h>
#include <stdint.h>

/* jpeg_luma (luma.h) for baseline JPEGs. */
int jpeg_luma_baseline(const struct jpeg_layout *layout, uint8_t *output, size_t capacity,
                       size_t *size);
