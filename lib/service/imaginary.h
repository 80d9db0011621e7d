/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"
#include "image/probe/format.h"
#include "service/imaginary_query.h"

/*
 * h2non/imaginary's API: what its operations, one after the other, ask of an image with this
 * header, as a request of ours. Every operation becomes a stage, and turns are folded into the
 * stage before them, so that an image is decoded and encoded once. Pure functions, any thread.
 */

/* Fills in the stages and the encoding of `request`, whose limits are set. `accept` is the value of
 * Accept, or NULL, for the type "auto". 0; STATUS_BAD_PARAMETER, STATUS_RESULT_TOO_LARGE or
 * STATUS_NOT_IMPLEMENTED with a sentence in `detail`. */
int imaginary_translate(const struct imaginary_query *asked, const char *accept,
                        const struct image_header *header, struct image_request *request,
                        char detail[static HTTP_DETAIL_BYTES]);
