/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/status.h"
#include "image/jpeg/jpeg.h"

#include <errno.h>

/* The paths of a JPEG as image.c has them, but for the general one: the status, or -ENOTSUP where
 * it would be next, of a file that is sound. */
static inline int run_jpeg_paths(const struct image_request *request, struct bytes input,
                                 struct image_output *output)
{
    struct image_header header;
    struct image_plan plan;
    int status = image_read_header(input.data, input.size, &header);

    output->size = 0;
    output->detail[0] = '\0';
    output->format = header.format;
    if (status != 0)
        return status;
    status = image_plan(&plan, request, &header, output->detail);
    if (status != 0)
        return status;
    status = jpeg_open(&plan, input, output->detail);
    if (status == 0) {
        status = -ENOTSUP;
        if ((plan.outputs[0].steps & ~(IMAGE_STEP_GRAY | IMAGE_STEP_TURN)) == 0)
            status = jpeg_copy_luma(&plan, &plan.outputs[0], input, output);
        if (status == -ENOTSUP && (plan.outputs[0].steps & ~(unsigned)IMAGE_STEP_TURN) == 0)
            status = jpeg_copy(&plan, &plan.outputs[0], input, output);
        if (status == -ENOTSUP)
            status = jpeg_planes(&plan, &plan.outputs[0], input, output);
        if (status == -ENOTSUP) {
            status = jpeg_judge(output->detail);
            status = status == 0 ? -ENOTSUP : status;
        }
    }
    jpeg_close();
    return status;
}
