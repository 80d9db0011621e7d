/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/target.h"

/*
 * Decodes a JPEG, each component as it was sampled, to points/8 of its size. Only the coefficients
 * that a transform of so many points looks at are kept; but every code of every scan is read, so
 * that a damaged image is one at any size. Blocks that the image ends in are decoded in full
 * (edge.h).
 *
 * 0; STATUS_IMAGE_CORRUPT; -ENOMEM. The targets move on. Not for arithmetic coding.
 */
int jpeg_decode(const struct jpeg_layout *layout, struct jpeg_decoding *decoding);

/* Reads all scans for nothing but whether they are sound. Returns as jpeg_decode. */
int jpeg_check(const struct jpeg_layout *layout);
