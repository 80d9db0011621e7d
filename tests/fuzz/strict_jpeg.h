/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h> /* before jpeglib.h, which wants it */

#include <jpeglib.h>

/* Reads the header of a JPEG and hands the codec to `work`. False where that says so, or libjpeg
 * has an error or a warning before `work` is done: then there is nothing to compare with. */
bool strict_jpeg_read(const uint8_t *data, size_t size,
                      bool (*work)(struct jpeg_decompress_struct *codec, void *argument),
                      void *argument);
