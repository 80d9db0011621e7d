/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * High dynamic range to standard dynamic range, for values encoded by PQ or HLG (Rec. ITU-R
 * BT.2100):
 *
 *     encoded -> light in cd/m2 -> compressed -> divided by 203 cd/m2 -> sRGB's curve
 *
 * Diffuse white is at 203 cd/m2 (Report ITU-R BT.2408), and becomes SDR's white. Light up to 1000
 * cd/m2 is kept apart: the curve of Report BT.2390 (5.4.1) leaves what is below about 90 cd/m2 as
 * it is, and rolls off what is brighter; diffuse white itself ends at nine tenths of the scale. The
 * largest of red, green and blue is compressed and the others with it, so that hues stay. HLG is
 * taken as a display of 1000 cd/m2 shows it. Primaries stay what they are.
 */
struct tone_map;

/* The caller frees it. NULL: `transfer` (CICP) is neither PQ nor HLG, or memory is short. */
struct tone_map *tone_map_new(unsigned transfer, double red_weight, double blue_weight);
bool tone_map_needed(unsigned transfer);
void tone_map_free(struct tone_map *map);

/* `count` pixels of red, green and blue, encoded, 0 to 1, in place. */
void tone_map_row(const struct tone_map *map, float *red, float *green, float *blue, size_t count);
