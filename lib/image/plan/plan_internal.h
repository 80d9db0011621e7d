/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/plan.h"

/* Inside lib/image/plan: how one output is planned, in two parts. */

/* An output while its operations are found. */
struct planning {
    const struct image_request *request;
    const struct image_header *header;
    struct image_output_plan *output;
    struct image_size size; /* of the frame as far as it is processed, not yet turned */
    unsigned turn;          /* not done yet */
    unsigned phase;         /* of the order of a simple plan */
    char *detail;
};

/* What is done to the pixels (stage.c): plans `count` stages, one after the other, and then the
 * turn that is left. `flatten`: the result has no transparency, though the source may have some. 0
 * or a status, as image_plan(). */
int plan_stages(struct planning *planning, const struct image_stage *stages, uint32_t count,
                bool flatten);

/* How the result is written (encoding.c), once its format, size and steps are known. 0 or a status,
 * as image_plan(). */
int plan_encoding(struct planning *planning, const struct image_encoding *encoding);
