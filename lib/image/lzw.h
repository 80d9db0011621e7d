/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/bytes.h"

/*
 * Whether the LZW data of one GIF picture is whole: every code is one that can stand there, and
 * they make up `pixels` pixels. Nothing is decoded; only lengths are counted. `*at` is the offset of
 * the code size byte and is moved behind the sub-blocks' terminator. Surplus codes are passed over.
 * 0 or STATUS_IMAGE_CORRUPT. Any thread.
 */
int lzw_check(struct bytes input, size_t *at, uint64_t pixels);
