/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/heif/frame.h"

/* Makes the decoder's tables, once per process, before hevc_decode. 0 or -ENOMEM. */
int hevc_start(void);

/* Decodes an HEVC item of which `data` are the bytes; the frame is as large as the item says, or
 * larger. 0 and *frame, which the caller clears; STATUS_IMAGE_CORRUPT; STATUS_UNSUPPORTED_FORMAT;
 * -ENOMEM. In the caller's thread and no other. */
int hevc_decode(const struct heif_item *item, const struct heif_data *data,
                struct heif_frame *frame);
