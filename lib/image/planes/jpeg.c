/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/planes/jpeg.h"

#include "base/cleanup.h"
#include "image/heif/encode.h"
#include "image/jpeg/jpeg.h"
#include "image/webp/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NO_COLOUR = 128 };

/* One plane for both of a gray image's: WebP has colour always. NULL: short of memory. */
static uint8_t *add_flat_chroma(struct raster *raster)
{
    const uint32_t width = (raster->width + 1) / 2, height = (raster->height + 1) / 2;
    const size_t bytes = (size_t)width * height;
    uint8_t *samples = malloc(bytes);

    if (samples == NULL)
        return NULL;
    memset(samples, NO_COLOUR, bytes);
    raster->planes[RASTER_CB] = raster->planes[RASTER_CR] =
        (struct plane){samples, width, height, width};
    return samples;
}

int jpeg_to_webp(const struct image_plan *plan, const struct image_output_plan *planned,
                 struct bytes input, struct image_output *output)
{
    const struct webp_format format = {.quality = planned->quality, .effort = planned->effort + 1};
    _cleanup_free_ uint8_t *flat = NULL;
    struct bytes profile;
    struct raster raster;
    int status;

    (void)input;
    if (planned->lossless)
        return -ENOTSUP;
    status = jpeg_raster(plan, planned, &raster, &profile);
    if (status != 0)
        return status;
    raster_to_video_range(&raster);
    if (!raster.colour) {
        flat = add_flat_chroma(&raster);
        if (flat == NULL)
            return -ENOMEM;
    }
    status = webp_encode_raster(&format, &raster, output);
    if (status == 0 && profile.size > 0)
        status = webp_set_profile(profile.data, profile.size, output);
    return status;
}

/* AV1 has halved chroma in both directions or in none, as far as its still images go. */
static bool has_av1_sampling(const struct raster *raster)
{
    return !raster->colour || (raster->h == raster->v && raster->h <= 2);
}

int jpeg_to_avif(const struct image_plan *plan, const struct image_output_plan *planned,
                 struct bytes input, struct image_output *output)
{
    struct avif_format format = {.quality = planned->quality, .effort = planned->effort};
    struct bytes profile;
    struct raster raster;
    int status;

    (void)input;
    if (planned->lossless)
        return -ENOTSUP;
    status = jpeg_raster(plan, planned, &raster, &profile);
    if (status != 0)
        return status;
    if (!has_av1_sampling(&raster))
        return -ENOTSUP;
    format.profile = profile.size > 0 ? profile.data : NULL;
    format.profile_size = profile.size;
    return avif_encode_raster(&format, &raster, output);
}
