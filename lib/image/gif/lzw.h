/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * The LZW data of one GIF frame: a code size, and sub-blocks of codes. `at` is the offset of the
 * code size. Every code must be valid at its place, until there are `pixels` pixels; what follows
 * is ignored. 0 or STATUS_IMAGE_CORRUPT. Any thread.
 */
enum { LZW_SLACK = 8 };

/* Decodes to `to`, which has room for pixels + LZW_SLACK bytes. */
int lzw_read(struct bytes input, size_t at, size_t pixels, uint8_t *to);

/* Whether the data is complete and valid, without decoding it. */
int lzw_check(struct bytes input, size_t at, uint64_t pixels);
