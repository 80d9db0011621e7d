/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "image/heif/encode.h"
#include "image/vips/image.h"

/* AVIF: of as many bits as its source had; without loss if that had none. */

static unsigned choose_avif_bits(const VipsImage *image, const struct save_options *options)
{
    if (image->BandFmt != VIPS_FORMAT_USHORT)
        return 8;
    return options->header->bits == 10 ? 10 : 12;
}

int save_avif(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    struct avif_format format = {
        .width = (uint32_t)image->Xsize,
        .height = (uint32_t)image->Ysize,
        .bands = (unsigned)image->Bands,
        .bits = image->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8,
        .coded_bits = choose_avif_bits(image, options),
        .lossless = options->planned->lossless,
        .full_chroma = options->planned->subsampling == IMAGE_SUBSAMPLING_444,
        .quality = options->quality,
        .effort = options->planned->effort,
    };
    void *samples;
    size_t size;
    int status;

    format.profile = image_profile(image, &format.profile_size);
    samples = vips_image_write_to_memory(image, &size);
    if (samples == NULL)
        return -1;
    status = avif_encode(&format, samples, memory->output);
    g_free(samples);
    return status;
}
