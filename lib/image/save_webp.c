/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/save.h"

#include <string.h>
#include <webp/mux.h>

/*
 * WebP: lossless where the source was. libvips adds an EXIF block of its own; it is taken out
 * again.
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

static int drop_exif(struct memory_target *memory)
{
    WebPData file = {memory->output->data, memory->output->size};
    WebPMux *mux = WebPMuxCreate(&file, 0);
    int result = -1;

    WebPDataInit(&file);
    if (mux != NULL && WebPMuxDeleteChunk(mux, "EXIF") != WEBP_MUX_INVALID_ARGUMENT &&
        WebPMuxAssemble(mux, &file) == WEBP_MUX_OK)
        result = copy_out(&file, memory);
    WebPDataClear(&file);
    WebPMuxDelete(mux);
    return result;
}

int save_webp(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    int result;

    if (target == NULL)
        return -1;
    result = vips_webpsave_target(image, target, "Q", options->quality, "lossless",
                                  options->header->lossless, NULL);
    g_object_unref(target);
    return result ? -1 : drop_exif(memory);
}
