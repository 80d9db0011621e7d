/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/progressive.h"

/* progressive_read_ac without what only some processors are quick at. */
int plain_read_ac(struct progressive *progressive, const struct jpeg_scan *scan, uint8_t *memory,
                  const uint8_t **end);
