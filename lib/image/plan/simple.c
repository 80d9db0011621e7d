/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/simple.h"

struct image_simple_plan image_simple_plan(const struct image_plan *plan,
                                           const struct image_output_plan *output)
{
    struct image_simple_plan simple = {
        .part = {0, 0, plan->source.width, plan->source.height},
        .turn = 1,
    };
    bool resized = false;

    for (unsigned i = 0; i < output->operation_count; i++) {
        const struct image_operation *operation = &output->operations[i];

        if (operation->step == IMAGE_STEP_CROP && !resized) {
            simple.part = operation->box;
        } else if (operation->step == IMAGE_STEP_CROP) {
            simple.cut = operation->box;
        } else if (operation->step == IMAGE_STEP_RESIZE) {
            resized = true;
            simple.resized = operation->size;
        } else if (operation->step == IMAGE_STEP_TURN) {
            simple.turn = operation->turn;
        }
    }
    if (!resized)
        simple.resized = (struct image_size){simple.part.width, simple.part.height};
    if (simple.cut.width == 0)
        simple.cut = (struct image_box){0, 0, simple.resized.width, simple.resized.height};
    return simple;
}
