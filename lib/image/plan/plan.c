/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/plan.h"

static void plan_size(struct image_output_plan *output, const struct image_variant *variant,
                      const struct image_header *header)
{
    output->width = header->width;
    output->height = header->height;
    if (variant->scale.digits == 0)
        return;
    output->width = decimal_scale(header->width, variant->scale);
    output->height = decimal_scale(header->height, variant->scale);
    if (output->width != header->width || output->height != header->height)
        output->steps |= IMAGE_STEP_RESIZE;
}

/* The gray of a JPEG is a copy of its luma where nothing else is asked. Where that cannot be, or
 * its size changes, it is encoded no worse than the source. */
static void plan_encoding(struct image_output_plan *output, const struct image_variant *variant,
                          const struct image_request *request, const struct image_header *header)
{
    const bool gray_jpeg = header->format == IMAGE_JPEG && variant->gray != IMAGE_GRAY_NONE;
    const bool resize = (output->steps & IMAGE_STEP_RESIZE) != 0;
    const int source_quality = gray_jpeg && resize ? header->quality : 0;
    const int default_quality = (int)request->default_quality;

    if (!gray_jpeg || resize || variant->quality > 0)
        output->steps |= IMAGE_STEP_ENCODE;
    if (variant->quality > 0)
        output->quality = (int)variant->quality;
    else if (!gray_jpeg || resize)
        output->quality = source_quality > default_quality ? source_quality : default_quality;
}

void image_plan(struct image_plan *plan, const struct image_request *request,
                const struct image_header *header)
{
    *plan = (struct image_plan){
        .max_pixels = request->max_pixels,
        .max_scans = request->max_scans,
        .default_quality = (int)request->default_quality,
        .source = *header,
        .count = request->count,
    };
    for (unsigned i = 0; i < plan->count; i++) {
        const struct image_variant *variant = &request->outputs[i];
        struct image_output_plan *output = &plan->outputs[i];

        output->format = header->format;
        plan_size(output, variant, header);
        if (variant->gray != IMAGE_GRAY_NONE)
            output->steps |= IMAGE_STEP_GRAY;
        plan_encoding(output, variant, request, header);
    }
}
