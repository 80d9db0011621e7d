/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/target.h"

/* jpeg_decode (decode.h) for progressive JPEGs. */
int jpeg_decode_progressive(const struct jpeg_layout *layout, struct jpeg_decoding *decoding);
