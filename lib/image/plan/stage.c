/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/plan_internal.h"

/* What is done to the pixels: the operations of each stage, with sizes and boxes in the stored
 * frame's own directions. */
#include "base/status.h"
#include "image/plan/detail.h"
#include "image/plan/format_limits.h"

#include <stddef.h>
#include <stdio.h>

/* --- operations ---------------------------------------------------------------------------------
 */

/* The order of a simple plan: crop, resize, crop, and what works on single pixels. Anything else,
 * or again, is a chain. */
static void note_order(struct planning *planning, enum image_step step)
{
    enum { START, CROPPED, RESIZED, CUT, DONE };
    unsigned *phase = &planning->phase;

    if (step == IMAGE_STEP_CROP && *phase == START)
        *phase = CROPPED;
    else if (step == IMAGE_STEP_RESIZE && *phase < RESIZED)
        *phase = RESIZED;
    else if (step == IMAGE_STEP_CROP && *phase == RESIZED)
        *phase = CUT;
    else if (step == IMAGE_STEP_GRAY || step == IMAGE_STEP_FLATTEN)
        *phase = DONE;
    else if (step != IMAGE_STEP_TURN)
        planning->output->steps |= IMAGE_STEP_CHAIN;
}

static struct image_operation *add(struct planning *planning, enum image_step step)
{
    struct image_output_plan *output = planning->output;
    struct image_operation *operation = &output->operations[output->operation_count++];

    note_order(planning, step);
    *operation = (struct image_operation){.step = step};
    output->steps |= step;
    return operation;
}

static struct image_size upright_size(const struct planning *planning)
{
    return geometry_turn_size(planning->size, planning->turn);
}

static struct image_operation *last_operation(const struct planning *planning)
{
    struct image_output_plan *output = planning->output;

    return output->operation_count > 0 ? &output->operations[output->operation_count - 1] : NULL;
}

/* `box` is of the upright image. A crop of a crop is one. */
static void add_crop(struct planning *planning, struct image_box box)
{
    const struct image_size upright = upright_size(planning);
    struct image_operation *last;

    if (box.width == upright.width && box.height == upright.height)
        return;
    box = geometry_turn_box(box, upright, geometry_inverse(planning->turn));
    planning->size = (struct image_size){box.width, box.height};
    last = last_operation(planning);
    if (last != NULL && last->step == IMAGE_STEP_CROP) {
        box.left += last->box.left;
        box.top += last->box.top;
        last->box = box;
    } else {
        add(planning, IMAGE_STEP_CROP)->box = box;
    }
}

/* `size` is upright. */
static void add_resize(struct planning *planning, struct image_size size, bool linear)
{
    struct image_operation *operation;

    size = geometry_turn_size(size, planning->turn);
    if (size.width == planning->size.width && size.height == planning->size.height)
        return;
    if (size.width > planning->size.width || size.height > planning->size.height)
        planning->output->steps |= IMAGE_STEP_ENLARGE;
    if (linear)
        planning->output->steps |= IMAGE_STEP_LINEAR;
    operation = add(planning, IMAGE_STEP_RESIZE);
    operation->size = size;
    operation->linear = linear;
    planning->size = size;
}

static void add_turn(struct planning *planning)
{
    if (planning->turn == 1)
        return;
    planning->size = upright_size(planning);
    add(planning, IMAGE_STEP_TURN)->turn = planning->turn;
    planning->turn = 1;
}

/* Of what a viewer sees, so that what attracts does not depend on how it is stored. Where nothing
 * is cut off, the turn is left for later, when it is one with those that follow: the fast paths do
 * one. */
static void add_smart_crop(struct planning *planning, struct image_size size)
{
    const struct image_size upright = upright_size(planning);

    if (size.width == upright.width && size.height == upright.height)
        return;
    add_turn(planning);
    add(planning, IMAGE_STEP_SMART_CROP)->size = size;
    planning->size = size;
}

static void add_pad(struct planning *planning, struct image_size canvas,
                    const struct image_gravity *gravity, const struct image_stage *stage)
{
    const struct image_size image = upright_size(planning);
    struct image_operation *operation;
    struct image_box place;

    if (image.width == canvas.width && image.height == canvas.height)
        return;
    place = geometry_place(image, canvas, gravity);
    operation = add(planning, IMAGE_STEP_PAD);
    operation->box = geometry_turn_box(place, canvas, geometry_inverse(planning->turn));
    operation->size = geometry_turn_size(canvas, planning->turn);
    operation->colour = stage->background;
    operation->extend = stage->extend;
    if (stage->extend != IMAGE_EXTEND_BACKGROUND)
        planning->output->steps |= IMAGE_STEP_EXTEND;
    planning->size = operation->size;
}

static void add_sigma(struct planning *planning, enum image_step step, struct decimal sigma)
{
    if (sigma.digits > 0)
        add(planning, step)->sigma = decimal_value(sigma);
}

/* --- a stage ------------------------------------------------------------------------------------
 */

static struct image_gravity gravity_of(const struct image_asked_gravity *asked)
{
    static const struct decimal half = {.digits = 5, .places = 1};

    if (asked->kind == IMAGE_GRAVITY_POINT)
        return asked->point;
    return (struct image_gravity){half, half};
}

static int plan_crop(struct planning *planning, const struct image_stage *stage)
{
    const struct image_gravity gravity = gravity_of(&stage->gravity);
    const struct image_size upright = upright_size(planning);
    struct image_box box = stage->crop.box;

    switch (stage->crop.kind) {
    case IMAGE_CROP_NONE:
        return 0;
    case IMAGE_CROP_SQUARE:
        box = geometry_square(upright, &gravity);
        if (stage->gravity.kind == IMAGE_GRAVITY_SMART) {
            add_smart_crop(planning, (struct image_size){box.width, box.height});
            return 0;
        }
        break;
    case IMAGE_CROP_PERCENT:
        box = geometry_percentages(stage->crop.percent, upright);
        break;
    default:
        break;
    }
    if (!geometry_clip(&box, upright)) {
        snprintf(planning->detail, IMAGE_DETAIL_BYTES,
                 "\"crop\" is entirely outside the image of %u x %u pixels", upright.width,
                 upright.height);
        return STATUS_BAD_PARAMETER;
    }
    add_crop(planning, box);
    return 0;
}

static bool has_fitting_sides(const struct planning *planning, struct image_size size)
{
    const struct image_header *header = planning->header;
    const uint32_t longest = header->width > header->height ? header->width : header->height;
    const uint32_t side = size.width > size.height ? size.width : size.height;

    return side <= planning->request->max_side || side <= longest;
}

static bool has_fitting_area(const struct planning *planning, struct image_size size)
{
    return (uint64_t)size.width * size.height <=
           planning->request->max_pixels / planning->output->frames;
}

static int check_result_size(struct planning *planning, struct image_size size)
{
    if (!has_fitting_sides(planning, size)) {
        snprintf(planning->detail, IMAGE_DETAIL_BYTES,
                 "limits.max_side is %u, and the result would have %u x %u pixels",
                 planning->request->max_side, size.width, size.height);
        return STATUS_RESULT_TOO_LARGE;
    }
    if (!has_fitting_area(planning, size)) {
        snprintf(planning->detail, IMAGE_DETAIL_BYTES,
                 "limits.max_pixels is %llu, and the result would have %u x %u in %u frame(s)",
                 (unsigned long long)planning->request->max_pixels, size.width, size.height,
                 planning->output->frames);
        return STATUS_RESULT_TOO_LARGE;
    }
    return 0;
}

static int plan_repeat(struct planning *planning, uint32_t times)
{
    struct image_size size = planning->size;
    int status;

    if (times <= 1)
        return 0;
    size.width = geometry_scale(size.width, times, 1);
    size.height = geometry_scale(size.height, times, 1);
    status = check_result_size(planning, size);
    if (status != 0)
        return status;
    add(planning, IMAGE_STEP_REPEAT)->repeat = times;
    planning->size = size;
    return 0;
}

static int plan_area(struct planning *planning, const struct image_box *area)
{
    const struct image_size upright = upright_size(planning);

    if (area->width == 0)
        return 0;
    if ((uint64_t)area->left + area->width > upright.width ||
        (uint64_t)area->top + area->height > upright.height) {
        snprintf(planning->detail, IMAGE_DETAIL_BYTES,
                 "the area %u,%u of %u x %u is not inside the picture of %u x %u", area->left,
                 area->top, area->width, area->height, upright.width, upright.height);
        return STATUS_BAD_PARAMETER;
    }
    add_crop(planning, *area);
    return 0;
}

/* Of an enlarged image that is larger than any result may be, only what is kept is made: the part
 * of the image that it comes from is cut out before. What draws attention is found in the smaller
 * image, as libvips does anyway. */
static void add_narrow_cover(struct planning *planning, struct image_size resized,
                             struct image_size result, const struct image_stage *stage)
{
    const struct image_gravity gravity = gravity_of(&stage->gravity);
    const struct image_size source = upright_size(planning);
    struct image_box cut = geometry_place(result, resized, &gravity), part;

    if (stage->gravity.kind == IMAGE_GRAVITY_SMART) {
        add_smart_crop(planning, (struct image_size){
                                     geometry_scale(source.width, result.width, resized.width),
                                     geometry_scale(source.height, result.height, resized.height)});
        add_resize(planning, result, stage->linear != 0);
        return;
    }
    geometry_narrow(source, &resized, &cut, &part);
    add_crop(planning, part);
    add_resize(planning, resized, stage->linear != 0);
    add_crop(planning, cut);
}

static int plan_size(struct planning *planning, const struct image_stage *stage)
{
    const struct image_gravity gravity = gravity_of(&stage->gravity);
    struct image_size resized = upright_size(planning), result = resized;
    int status;

    if (stage->width > 0 || stage->height > 0) {
        const struct image_size box = {stage->width, stage->height};

        geometry_fit(resized, box, stage->fit, stage->enlarge != 0, &resized, &result);
    } else if (stage->scale.digits > 0) {
        resized.width = decimal_scale(resized.width, stage->scale);
        resized.height = decimal_scale(resized.height, stage->scale);
        result = resized;
    }
    status = check_result_size(planning, result);
    if (status != 0)
        return status;
    if (!has_fitting_sides(planning, resized) || !has_fitting_area(planning, resized)) {
        add_narrow_cover(planning, resized, result, stage);
        return 0;
    }
    add_resize(planning, resized, stage->linear != 0);
    if (result.width > resized.width || result.height > resized.height)
        add_pad(planning, result, &gravity, stage);
    else if (stage->gravity.kind == IMAGE_GRAVITY_SMART)
        add_smart_crop(planning, result);
    else
        add_crop(planning, geometry_place(result, resized, &gravity));
    return 0;
}

static void plan_turn(struct planning *planning, const struct image_stage *stage)
{
    static const unsigned flips[4] = {1, 2, 4, 3}, rotations[4] = {1, 6, 3, 8};

    planning->turn = geometry_combine(planning->turn, flips[stage->flip]);
    planning->turn = geometry_combine(planning->turn, rotations[stage->rotate / 90]);
}

static void plan_gray(struct planning *planning, const struct image_stage *stage)
{
    if (stage->gray == IMAGE_GRAY_NONE)
        return;
    add(planning, IMAGE_STEP_GRAY)->gray = stage->gray;
    if (stage->gray == IMAGE_GRAY_LUMINANCE)
        planning->output->steps |= IMAGE_STEP_LUMINANCE;
}

static int plan_stage(struct planning *planning, const struct image_stage *stage, bool flatten)
{
    int status = plan_crop(planning, stage);

    if (status == 0)
        status = plan_repeat(planning, stage->repeat);
    if (status == 0)
        status = plan_size(planning, stage);
    if (status == 0)
        status = plan_area(planning, &stage->area);
    if (status != 0)
        return status;
    plan_turn(planning, stage);
    add_sigma(planning, IMAGE_STEP_BLUR, stage->blur);
    add_sigma(planning, IMAGE_STEP_SHARPEN, stage->sharpen);
    if (stage->under != 0 && format_has_alpha(planning->header->format))
        add(planning, IMAGE_STEP_FLATTEN)->colour = stage->under;
    if (flatten)
        add(planning, IMAGE_STEP_FLATTEN)->colour = stage->background;
    plan_gray(planning, stage);
    return 0;
}

int plan_stages(struct planning *planning, const struct image_stage *stages, uint32_t count,
                bool flatten)
{
    int status = 0;

    for (uint32_t i = 0; status == 0 && i < count; i++)
        status = plan_stage(planning, &stages[i], flatten && i + 1 == count);
    if (status == 0)
        add_turn(planning);
    return status;
}
