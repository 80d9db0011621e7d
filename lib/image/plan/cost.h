/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/plan.h"

/*
 * What an image will cost a worker at most, estimated from its plan and its bytes: plain arithmetic
 * on one table, for servers to weigh requests by, and to refuse at once what would only end at a
 * limit.
 */
struct image_cost {
    int64_t time_us;       /* of one CPU */
    int64_t decode_us;     /* of that, what the source alone takes */
    uint64_t memory_bytes; /* of a worker's address space, beside its input and output */
};

/* `size` is that of the file. Both saturate. Any thread. */
void image_estimate(const struct image_plan *plan, size_t size, struct image_cost *cost);
