/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * Metadata: what a file says about its image and no pixel needs. A path writes none. Once its
 * result is complete, this reads the source's (read.c), keeps what was asked for (exif.c, xmp.c),
 * and inserts it (write.c); so it serves every path alike. ICC profiles are not metadata.
 *
 * Inserts what `planned` wants kept of `input`, and the orientation that was not applied. What is
 * broken, or does not fit the result's format, is left out. 0; STATUS_IMAGE_TOO_LARGE: it does not
 * fit the output's memory; or -ENOMEM. Any thread.
 */
int metadata_insert(const struct image_plan *plan, const struct image_output_plan *planned,
                    struct bytes input, struct image_output *output);
