/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/* Reads the size of the coded image from a sequence parameter set, a NAL unit (ITU-T
 * H.265, 7.3.2.2): what the decoder will allocate. False: it ends before. Any thread. */
bool hevc_read_size(struct bytes unit, uint64_t *width, uint64_t *height);
