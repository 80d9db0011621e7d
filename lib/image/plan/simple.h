/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/plan.h"

/* What most requests come to: a part of the stored frame, resized, a part of that, turned. */
struct image_simple_plan {
    struct image_box part;     /* of the stored frame */
    struct image_size resized; /* what it is resized to */
    struct image_box cut;      /* of that */
    unsigned turn;             /* 1..8 */
};

/* The plan of an output without IMAGE_STEP_CHAIN, _PAD, _SMART_CROP, _BLUR or _SHARPEN as that. */
struct image_simple_plan image_simple_plan(const struct image_plan *plan,
                                           const struct image_output_plan *output);
