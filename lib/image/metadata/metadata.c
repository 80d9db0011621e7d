/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/metadata.h"

#include "base/cleanup.h"
#include "image/metadata/exif.h"
#include "image/metadata/items.h"
#include "image/metadata/read.h"
#include "image/metadata/write.h"
#include "image/metadata/xmp.h"

#include <errno.h>
#include <stdlib.h>

/* Replaces the source's EXIF block by one of what is kept and of the orientation. */
static int select_exif(const struct image_output_plan *planned, struct metadata *metadata)
{
    struct metadata_item *item = metadata_find(metadata, METADATA_EXIF);
    const struct bytes source = item != NULL ? item->bytes : (struct bytes){0};
    struct bytes kept = {0};
    uint8_t *owned;
    const struct exif_choice choice = {
        .kept = planned->metadata,
        .orientation = planned->orientation,
        .width = planned->size.width,
        .height = planned->size.height,
        .bytes_max = planned->format == IMAGE_JPEG ? JPEG_EXIF_MAX : METADATA_ITEM_MAX,
    };
    int status = exif_select(source, &choice, &owned, &kept.size);

    if (status != 0)
        return status;
    if (item != NULL)
        metadata_drop(item);
    kept.data = owned;
    return metadata_add_owned(metadata, METADATA_EXIF, kept, owned);
}

static int select_xmp(struct metadata *metadata)
{
    struct metadata_item *item = metadata_find(metadata, METADATA_XMP);
    struct bytes packet;

    if (item == NULL)
        return 0;
    packet = item->bytes;
    if (item->owned == NULL) {
        if ((item->owned = malloc(packet.size)) == NULL)
            return -ENOMEM;
        memcpy(item->owned, packet.data, packet.size);
        item->bytes.data = item->owned;
    }
    xmp_remove_stale(item->owned, packet.size);
    return 0;
}

int metadata_insert(const struct image_plan *plan, const struct image_output_plan *planned,
                    struct bytes input, struct image_output *output)
{
    _cleanup_(metadata_clear) struct metadata metadata = {0};
    int status = 0;

    if (planned->metadata != IMAGE_METADATA_NONE)
        status = metadata_read(plan->source.format, input, &metadata);
    if (planned->metadata == IMAGE_METADATA_COPYRIGHT)
        metadata_drop_all_but(&metadata, METADATA_EXIF);
    if (status == 0)
        status = select_exif(planned, &metadata);
    if (status == 0)
        status = select_xmp(&metadata);
    return status != 0 ? status : metadata_write(&metadata, output);
}
