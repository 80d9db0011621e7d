/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/format.h"
#include "service/imaginary_query.h"

/* imaginary's API: what its queries need whatever the image is, and its names of formats. Any
 * thread. */

/* Whether an operation lacks a parameter, has one that is out of range, or asks for what we do not
 * have; one that may fail is left out. 0, STATUS_BAD_PARAMETER or STATUS_NOT_IMPLEMENTED. */
int imaginary_check(const struct imaginary_query *asked, char detail[static HTTP_DETAIL_BYTES]);

/* The same of one operation of the query, even if it may fail. */
int imaginary_check_operation(const struct imaginary_query *asked,
                              const struct imaginary_operation *operation,
                              char detail[static HTTP_DETAIL_BYTES]);

/* IMAGE_NONE if nobody knows it. */
enum image_format imaginary_find_type(const struct imaginary_word *type);

bool imaginary_is_auto(const struct imaginary_word *type);

/* Whether the answer depends on Accept. */
bool imaginary_asks_accept(const struct imaginary_query *asked);
