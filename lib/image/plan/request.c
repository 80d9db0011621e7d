/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/request.h"

#include <errno.h>
#include <stdbool.h>

enum { QUALITY_MAX = 100 };

static bool is_variant(const struct image_variant *variant)
{
    return variant->scale.digits < DECIMAL_LIMIT && decimal_value(variant->scale) <= 1 &&
           variant->gray < IMAGE_GRAY_COUNT && variant->quality <= QUALITY_MAX;
}

int image_request_check(const struct image_request *request)
{
    if (request->count < 1 || request->count > IMAGE_OUTPUTS_MAX || request->default_quality < 1 ||
        request->default_quality > QUALITY_MAX)
        return -EPROTO;
    for (uint32_t i = 0; i < request->count; i++) {
        if (!is_variant(&request->outputs[i]))
            return -EPROTO;
    }
    return 0;
}
