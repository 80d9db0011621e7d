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
    return (struct image_request){
        .operation = kind == JOB_GRAY ? IMAGE_GRAY : IMAGE_SCALE,
        .factor = parameters->factor,
        .quality = (int)parameters->quality,
        .default_quality = (int)parameters->default_quality,
        .max_pixels = parameters->max_pixels,
        .max_scans = parameters->max_scans,
    };
}
