/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/items.h"

#include <stdlib.h>

struct metadata_item *metadata_find(struct metadata *metadata, enum metadata_kind kind)
{
    for (unsigned i = 0; i < metadata->count; i++) {
        if (metadata->items[i].kind == kind && metadata->items[i].bytes.size > 0)
            return &metadata->items[i];
    }
    return NULL;
}

/* Whether there is room, and it counts. */
static bool is_wanted(struct metadata *metadata, enum metadata_kind kind, struct bytes bytes)
{
    if (bytes.size == 0 || metadata->count == METADATA_ITEMS_MAX)
        return false;
    if (kind <= METADATA_IPTC && metadata_find(metadata, kind) != NULL)
        return false;
    return kind == METADATA_EXIF ||
           (bytes.size <= METADATA_ITEM_MAX && bytes.size <= METADATA_BYTES_MAX - metadata->bytes);
}

int metadata_add_owned(struct metadata *metadata, enum metadata_kind kind, struct bytes bytes,
                       uint8_t *owned)
{
    if (!is_wanted(metadata, kind, bytes)) {
        free(owned);
        return 0;
    }
    if (kind != METADATA_EXIF)
        metadata->bytes += bytes.size;
    metadata->items[metadata->count++] = (struct metadata_item){kind, bytes, owned};
    return 0;
}

void metadata_add(struct metadata *metadata, enum metadata_kind kind, struct bytes bytes)
{
    metadata_add_owned(metadata, kind, bytes, NULL);
}

void metadata_drop(struct metadata_item *item)
{
    free(item->owned);
    item->owned = NULL;
    item->bytes = (struct bytes){0};
}

void metadata_drop_all_but(struct metadata *metadata, enum metadata_kind kind)
{
    for (unsigned i = 0; i < metadata->count; i++) {
        if (metadata->items[i].kind != kind)
            metadata_drop(&metadata->items[i]);
    }
}

void metadata_clear(struct metadata *metadata)
{
    for (unsigned i = 0; i < metadata->count; i++)
        free(metadata->items[i].owned);
    *metadata = (struct metadata){0};
}
