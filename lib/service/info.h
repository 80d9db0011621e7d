/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/answer.h"
#include "image/probe/format.h"

/* The answer to /info: what the header of an image of `bytes` bytes says of it, as JSON. 0 or
 * -ENOMEM. Any thread. */
int info_answer(const struct image_header *header, size_t bytes, struct http_answer *answer);
