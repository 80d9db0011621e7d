/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"
#include "ipc/job.h"

/* The wire's words for a job as the image library's: what a server estimates is what its worker
 * does. */
static inline struct image_request image_request_of(enum job_kind kind,
                                                    const struct job_parameters *parameters)
{
    struct image_request request = {
        .max_pixels = parameters->max_pixels,
        .max_scans = parameters->max_scans,
        .default_quality = parameters->default_quality,
        .count = 1,
        .outputs[0] =
            {
                .gray = kind == JOB_GRAY ? IMAGE_GRAY_LUMA : IMAGE_GRAY_NONE,
                .quality = parameters->quality,
            },
    };

    if (kind == JOB_SCALE)
        request.outputs[0].scale = decimal_from_fraction(parameters->factor);
    return request;
}
