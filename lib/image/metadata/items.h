/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/* The metadata of one file, each piece without what its container puts around it. */
enum metadata_kind {
    METADATA_EXIF,    /* begins as a TIFF does; of a TIFF: the file */
    METADATA_XMP,     /* a packet, in UTF-8 */
    METADATA_IPTC,    /* datasets (IPTC-IIM 4.2) */
    METADATA_COMMENT, /* text of unknown encoding */
    METADATA_TEXT,    /* a text chunk of a PNG, from its name to its end */
    METADATA_KINDS
};

/* Of one item but the source's EXIF, which is selected from; of all items; of their number. Files
 * have a few hundred KiB at most. */
enum { METADATA_ITEM_MAX = 1 << 20, METADATA_BYTES_MAX = 4 << 20, METADATA_ITEMS_MAX = 64 };

struct metadata_item {
    enum metadata_kind kind;
    struct bytes bytes; /* empty: dropped */
    uint8_t *owned;     /* the same, where it is not in the source; or NULL */
};

struct metadata {
    struct metadata_item items[METADATA_ITEMS_MAX];
    unsigned count;
    size_t bytes; /* of all but EXIF */
};

/* Adds an item that lies in the source. Ignored if it is empty, is beyond a limit, or is a second
 * EXIF block, XMP packet or set of IPTC. */
void metadata_add(struct metadata *metadata, enum metadata_kind kind, struct bytes bytes);

/* The same; takes over `owned`, which holds the bytes. Returns 0, for callers' convenience. */
int metadata_add_owned(struct metadata *metadata, enum metadata_kind kind, struct bytes bytes,
                       uint8_t *owned);

/* The first item of that kind; NULL: none. */
struct metadata_item *metadata_find(struct metadata *metadata, enum metadata_kind kind);

void metadata_drop(struct metadata_item *item);
void metadata_drop_all_but(struct metadata *metadata, enum metadata_kind kind);

/* Frees what is owned. */
void metadata_clear(struct metadata *metadata);
