/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/save.h"

#include "image/webp_encode.h"

#include <errno.h>

/*
 * WebP: lossless where the source was. A still picture by webp_encode; an animation by libvips,
 * which adds an EXIF block of its own that is taken out again.
 */
static int save_animation(VipsImage *image, const struct save_options *options,
                          struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    int result;

    if (target == NULL)
        return -1;
    result = vips_webpsave_target(image, target, "Q", options->quality, "lossless",
                                  options->header->lossless, "strip", TRUE, NULL);
    g_object_unref(target);
    return result ? -1 : 0;
}

/* A lossless source that took more than three bits a pixel: no drawing does. */
static bool is_photograph(const struct save_options *options)
{
    return (uint64_t)options->source_bytes * 8 / 3 > image_pixels(options->header);
}

static int save_still(VipsImage *image, const struct save_options *options,
                      struct image_output *output)
{
    struct webp_format format = {
        .width = image->Xsize,
        .height = image->Ysize,
        .bands = image->Bands,
        .lossless = options->header->lossless,
        .quality = options->quality,
        .photograph = is_photograph(options),
        .reduced = options->reduced,
    };
    uint8_t *samples;
    size_t size;
    int status;

    samples = vips_image_write_to_memory(image, &size);
    if (samples == NULL)
        return -1;
    status = webp_encode(&format, samples, output);
    g_free(samples);
    return status;
}

int save_webp(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    const void *profile = NULL;
    size_t size = 0;
    int status;

    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0 &&
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size))
        return -1;
    if (vips_image_get_page_height(image) == image->Ysize)
        status = save_still(image, options, memory->output);
    else
        status = save_animation(image, options, memory);
    if (status == 0 && (profile != NULL || vips_image_get_page_height(image) != image->Ysize))
        status = webp_set_profile(profile, size, memory->output);
    return status == -EINVAL ? -EIO : status;
}
