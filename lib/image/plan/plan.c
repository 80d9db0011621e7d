/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/plan.h"

#include "base/status.h"
#include "image/plan/detail.h"
#include "image/plan/format_limits.h"
#include "image/plan/plan_internal.h"

#include <stdio.h>

static void begin(struct planning *planning, const struct image_encoding *encoding)
{
    const struct image_header *header = planning->header;
    struct image_output_plan *output = planning->output;
    const bool as_stored = planning->request->as_stored != 0;

    planning->size = (struct image_size){header->width, header->height};
    planning->turn = as_stored ? 1 : header->orientation;
    output->steps = 0;
    output->operation_count = 0;
    output->quality = 0;
    output->orientation = as_stored ? header->orientation : 1;
    output->format = encoding->format == IMAGE_NONE ? image_result_format(header->format)
                                                    : (enum image_format)encoding->format;
    output->frames = encoding->still != 0 || (encoding->format != IMAGE_FORMAT_AUTO &&
                                              !format_has_animation(output->format))
                         ? 1
                         : header->frames;
    if (output->frames < header->frames)
        output->steps |= IMAGE_STEP_STILL;
}

/* Whether there may be transparency that the result cannot have. `auto` is not chosen yet, but what
 * it may choose besides the source's own format has alpha. */
static bool flattens(const struct planning *planning)
{
    const enum image_format to = planning->output->format;

    return (uint32_t)to != IMAGE_FORMAT_AUTO && !format_has_alpha(to) &&
           format_has_alpha(planning->header->format);
}

static int plan_output(struct planning *planning, const struct image_output_request *asked)
{
    const struct image_stage *stages = &planning->request->stages[asked->first_stage];
    struct image_output_plan *output = planning->output;
    int status = plan_stages(planning, stages, asked->stages, flattens(planning));

    if (status != 0)
        return status;
    output->size = planning->size;
    if (asked->encoding.format == IMAGE_FORMAT_AUTO) {
        output->format =
            format_choose(planning->request, &asked->encoding, planning->header, output->size);
        if (!format_has_animation(output->format) && output->frames > 1) {
            output->frames = 1;
            output->steps |= IMAGE_STEP_STILL;
        }
    }
    return plan_encoding(planning, &asked->encoding);
}

static int check_source(const struct image_plan *plan, char *detail)
{
    const struct image_header *header = &plan->source;
    uint64_t frames = 1;

    for (unsigned i = 0; i < plan->count; i++)
        frames = plan->outputs[i].frames > frames ? plan->outputs[i].frames : frames;
    if ((uint64_t)header->width * header->height <= plan->max_pixels / frames &&
        header->decoded_pixels <= plan->max_pixels)
        return 0;
    snprintf(detail, IMAGE_DETAIL_BYTES,
             "limits.max_pixels is %llu, and the image has %u x %u pixels in %u frame(s)",
             (unsigned long long)plan->max_pixels, header->width, header->height, (unsigned)frames);
    return STATUS_IMAGE_TOO_LARGE;
}

int image_plan(struct image_plan *plan, const struct image_request *request,
               const struct image_header *header, char *detail)
{
    struct planning planning[IMAGE_OUTPUTS_MAX];
    int status;

    plan->max_pixels = request->max_pixels;
    plan->max_scans = request->max_scans;
    plan->default_quality = (int)request->default_quality;
    plan->source = *header;
    plan->count = request->count;
    for (unsigned i = 0; i < plan->count; i++) {
        planning[i] = (struct planning){
            .request = request,
            .header = &plan->source,
            .output = &plan->outputs[i],
            .detail = detail,
        };
        begin(&planning[i], &request->outputs[i].encoding);
    }
    status = check_source(plan, detail);
    for (unsigned i = 0; status == 0 && i < plan->count; i++)
        status = plan_output(&planning[i], &request->outputs[i]);
    return status;
}
