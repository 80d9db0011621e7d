/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

#include <stdbool.h>

/* Requests of one output, for tests: gray, or resized by a factor, with limits that no test image
 * reaches. */
static inline struct image_request gray_request(void)
{
    return (struct image_request){
        .max_pixels = 1000000000,
        .max_scans = 100,
        .max_side = 65535,
        .default_quality = 80,
        .default_avif_quality = 50,
        .count = 1,
        .outputs[0].stages = 1,
        .stages[0].gray = IMAGE_GRAY_LUMA,
    };
}

static inline struct image_request scale_request(double factor)
{
    struct image_request request = gray_request();

    request.stages[0].gray = IMAGE_GRAY_NONE;
    request.stages[0].scale = decimal_from_fraction(factor);
    return request;
}

static inline bool asks_gray(const struct image_request *request)
{
    return request->stages[0].gray != IMAGE_GRAY_NONE;
}
