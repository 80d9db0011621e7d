/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/save.h"

#include <string.h>
#include <webp/mux.h>

/*
 * WebP: lossless where the source was. libvips would add an EXIF block of its own, so it strips
 * everything, and the profile is put in here.
 */
static int copy_out(const WebPData *file, struct memory_target *memory)
{
    if (file->size > memory->output->capacity) {
        memory->overflow = true;
        return -1;
    }
    memcpy(memory->output->data, file->bytes, file->size);
    memory->output->size = file->size;
    return 0;
}

static int insert_profile(const void *profile, size_t size, struct memory_target *memory)
{
    WebPData chunk = {profile, size}, file = {memory->output->data, memory->output->size};
    WebPMux *mux = WebPMuxCreate(&file, 0);
    int result = -1;

    WebPDataInit(&file);
    if (mux != NULL && WebPMuxSetChunk(mux, "ICCP", &chunk, 0) == WEBP_MUX_OK &&
        WebPMuxAssemble(mux, &file) == WEBP_MUX_OK)
        result = copy_out(&file, memory);
    WebPDataClear(&file);
    WebPMuxDelete(mux);
    return result;
}

int save_webp(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    const void *profile;
    size_t size;
    int result;

    if (target == NULL)
        return -1;
    result = vips_webpsave_target(image, target, "Q", options->quality, "lossless",
                                  options->header->lossless, "strip", TRUE, NULL);
    g_object_unref(target);
    if (result)
        return -1;
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) == 0)
        return 0;
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size))
        return -1;
    return insert_profile(profile, size, memory);
}
