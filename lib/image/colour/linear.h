/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Values encoded by sRGB's curve (IEC 61966-2-1) to linear light of 16 bits and back, by tables;
 * the first `colours` of `bands` samples of each pixel, the others (alpha) are scaled as they are.
 * One thread.
 */

/* Makes the tables, once. 0 or -ENOMEM. */
int linear_start(void);

void linear_from_8(const uint8_t *in, unsigned bands, unsigned colours, uint16_t *out,
                   size_t width);
void linear_from_16(const uint16_t *in, unsigned bands, unsigned colours, uint16_t *out,
                    size_t width);
void linear_to_8(const uint16_t *in, unsigned bands, unsigned colours, uint8_t *out, size_t width);
void linear_to_16(const uint16_t *in, unsigned bands, unsigned colours, uint16_t *out,
                  size_t width);

/* RGB to CIE luminance, by sRGB's curve again; where out_bands is 2, the fourth band goes with it.
 */
void linear_luminance_row_8(const uint8_t *in, unsigned bands, uint8_t *out, unsigned out_bands,
                            size_t width);
void linear_luminance_row_16(const uint16_t *in, unsigned bands, uint16_t *out, unsigned out_bands,
                             size_t width);
