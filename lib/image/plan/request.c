/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/request.h"

#include <errno.h>
#include <stdbool.h>

/* Bounds of the interface: CONTRACT of the parameters, and what arithmetic stands on. */
enum {
    QUALITY_MAX = 100,
    PERCENT_MAX = 100,
    PERCENT_PLACES_MAX = 15,
    SIGMA_MAX = 100,
    REPEAT_MAX = 65535
};

struct image_request image_request_of(const struct image_variant *variant)
{
    return (struct image_request){
        .count = 1,
        .outputs[0] = {.first_stage = 0, .stages = 1, .encoding = variant->encoding},
        .stages[0] = variant->stage,
    };
}

static bool is_decimal_up_to(struct decimal decimal, double most)
{
    return decimal.digits < DECIMAL_LIMIT && decimal_value(decimal) <= most;
}

static bool is_crop(const struct image_crop *crop)
{
    for (int i = 0; i < 4; i++) {
        if (!is_decimal_up_to(crop->percent[i], PERCENT_MAX) ||
            crop->percent[i].places > PERCENT_PLACES_MAX)
            return false;
    }
    if (crop->kind == IMAGE_CROP_BOX && (crop->box.width == 0 || crop->box.height == 0))
        return false;
    return crop->kind < IMAGE_CROP_COUNT;
}

static bool is_gravity(const struct image_asked_gravity *gravity)
{
    return gravity->kind < IMAGE_GRAVITY_COUNT && is_decimal_up_to(gravity->point.x, 1) &&
           is_decimal_up_to(gravity->point.y, 1);
}

static bool is_size(const struct image_stage *stage)
{
    return is_decimal_up_to(stage->scale, 1) && stage->width <= INT32_MAX &&
           stage->height <= INT32_MAX && stage->fit < IMAGE_FIT_COUNT && stage->enlarge <= 1 &&
           stage->linear <= 1;
}

static bool is_stage(const struct image_stage *stage)
{
    return is_crop(&stage->crop) && is_gravity(&stage->gravity) && is_size(stage) &&
           is_decimal_up_to(stage->blur, SIGMA_MAX) &&
           is_decimal_up_to(stage->sharpen, SIGMA_MAX) &&
           stage->flip <= (IMAGE_FLIP_HORIZONTAL | IMAGE_FLIP_VERTICAL) && stage->rotate <= 270 &&
           stage->rotate % 90 == 0 && stage->gray < IMAGE_GRAY_COUNT &&
           stage->extend < IMAGE_EXTEND_COUNT && stage->repeat <= REPEAT_MAX &&
           (stage->area.width == 0) == (stage->area.height == 0);
}

static bool is_encoding(const struct image_encoding *encoding)
{
    for (int i = 0; i < IMAGE_AUTO_MAX; i++) {
        if (encoding->auto_formats[i] >= IMAGE_FORMAT_COUNT)
            return false;
    }
    return encoding->format <= IMAGE_FORMAT_AUTO && encoding->quality <= QUALITY_MAX &&
           encoding->lossless <= IMAGE_FALSE && encoding->effort <= IMAGE_EFFORT_MAX + 1 &&
           encoding->progressive <= 1 && encoding->subsampling <= IMAGE_SUBSAMPLING_444 &&
           encoding->metadata <= IMAGE_METADATA_KEEP && encoding->profile <= IMAGE_PROFILE_SRGB &&
           encoding->still <= 1;
}

static bool is_output(const struct image_output_request *output)
{
    return output->first_stage <= IMAGE_STAGES_MAX && output->stages >= 1 &&
           output->stages <= IMAGE_STAGES_MAX - output->first_stage &&
           is_encoding(&output->encoding);
}

static bool is_quality(uint32_t quality)
{
    return quality >= 1 && quality <= QUALITY_MAX;
}

int image_request_check(const struct image_request *request)
{
    if (request->count < 1 || request->count > IMAGE_OUTPUTS_MAX ||
        !is_quality(request->default_quality) || !is_quality(request->default_avif_quality) ||
        request->as_stored > 1)
        return -EPROTO;
    for (uint32_t i = 0; i < request->count; i++) {
        if (!is_output(&request->outputs[i]))
            return -EPROTO;
    }
    for (uint32_t i = 0; i < IMAGE_STAGES_MAX; i++) {
        if (!is_stage(&request->stages[i]))
            return -EPROTO;
    }
    return 0;
}
