/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"
#include "image/probe/heif_primary.h"

#include <string.h>

/*
 * AVIF and HEIC: still images, whose size is given as they are shown, turned and cut out as the
 * file says. A sequence counts as its primary image.
 *
 * Whether such a file is supported is decided by heif_primary_read and nowhere else; heif/ relies
 * on it.
 */

/* Tiles may be larger than the image, and only a part of it may be shown: what has to be decoded.
 */
static uint64_t count_decoded(const struct heif_grid *grid)
{
    return (uint64_t)grid->tile.width * grid->columns * grid->tile.height * grid->rows;
}

int header_read_heif(struct bytes input, struct image_header *header)
{
    enum { IDENTITY = 0 };
    struct heif_primary primary;
    struct heif_samples samples = {.subsampling = ""};
    int status = heif_primary_read(input, &primary, header);

    if (status != 0)
        return status;
    heif_read_samples(&primary.grid.tile, &samples);
    header->width = primary.item.view.width;
    header->height = primary.item.view.height;
    header->decoded_pixels = count_decoded(&primary.grid);
    header->bits = (uint16_t)samples.bits;
    header->samples = (uint16_t)((samples.monochrome ? 1 : 3) + (primary.has_alpha ? 1 : 0));
    header->alpha = primary.has_alpha;
    header->colours = samples.monochrome ? IMAGE_COLOURS_GRAY : IMAGE_COLOURS_RGB;
    strcpy(header->subsampling, samples.subsampling);
    if (primary.item.profile.size > 0)
        header_note_profile(primary.item.profile, header);
    header->premultiplied = primary.premultiplied;
    /* Nobody but lossless encoders stores RGB. */
    header->lossless = header->format == IMAGE_AVIF && primary.item.has_colour &&
                       primary.item.colour.matrix == IDENTITY && !samples.monochrome;
    return 0;
}
