/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/write.h"

#include "base/status.h"
#include "image/probe/heif_boxes.h"

#include <errno.h>

/*
 * An AVIF's metadata are items that describe the image (ISO/IEC 23008-12, annex A): an entry in
 * each of three tables of `meta`, and bytes behind it. The bytes of the other items move, so that
 * their offsets are corrected. The file is our own: heif/container.c writes `meta` before the data,
 * tables of version 0, numbers of 4 bytes, and items in one piece.
 */
enum {
    BOX_HEAD_BYTES = 8,
    VERSION_BYTES = 4,
    LOCATIONS_HEAD_BYTES = 16, /* sizes of numbers and the count included */
    LOCATION_BYTES = 14,       /* of an item in one piece */
};

struct avif_tables {
    struct image_output *output;
    size_t meta, locations, entries, references; /* offsets of the boxes; references 0: none yet */
};

static void add_to_size(struct image_output *output, size_t box, size_t bytes)
{
    put_be32(output->data + box, get_be32(output->data + box) + (uint32_t)bytes);
}

static size_t box_end(const struct avif_tables *tables, size_t box)
{
    return box + get_be32(tables->output->data + box);
}

/* Finds the boxes, which all have a size of their own. */
static bool find_tables(struct avif_tables *tables)
{
    const struct bytes file = {tables->output->data, tables->output->size};
    struct bytes rest = file;
    struct heif_box box;

    do {
        tables->meta = file.size - rest.size;
        if (!heif_next_box(&rest, &box) || box.cut)
            return false;
    } while (box.type != HEIF_TYPE('m', 'e', 't', 'a'));
    if (box.data.size < VERSION_BYTES)
        return false;
    rest = (struct bytes){box.data.data + VERSION_BYTES, box.data.size - VERSION_BYTES};
    while (rest.size > 0) {
        const size_t at = (size_t)(rest.data - file.data);

        if (!heif_next_box(&rest, &box) || box.cut)
            return false;
        if (box.type == HEIF_TYPE('i', 'l', 'o', 'c'))
            tables->locations = at;
        else if (box.type == HEIF_TYPE('i', 'i', 'n', 'f'))
            tables->entries = at;
        else if (box.type == HEIF_TYPE('i', 'r', 'e', 'f'))
            tables->references = at;
    }
    return tables->locations > 0 && tables->entries > 0;
}

/* Makes room at the end of a table. NULL: there is none. */
static uint8_t *grow_box(struct avif_tables *tables, const size_t *table, size_t bytes)
{
    const size_t end = box_end(tables, *table);
    uint8_t *room = metadata_make_room(tables->output, end, bytes);

    if (room == NULL)
        return NULL;
    add_to_size(tables->output, *table, bytes);
    if (table != &tables->meta)
        add_to_size(tables->output, tables->meta, bytes);
    if (tables->locations >= end)
        tables->locations += bytes;
    if (tables->entries >= end)
        tables->entries += bytes;
    if (tables->references >= end)
        tables->references += bytes;
    return room;
}

/* Of an item in one piece, whose offset is not known yet. *item is its number: those of the others
 * count from 1. */
static bool add_location(struct avif_tables *tables, uint32_t length, unsigned *item)
{
    uint8_t *line = grow_box(tables, &tables->locations, LOCATION_BYTES), *count;

    if (line == NULL)
        return false;
    count = tables->output->data + tables->locations + LOCATIONS_HEAD_BYTES - 2;
    *item = get_be16(count) + 1U;
    put_be16(count, *item);
    put_be16(line, *item);
    put_be16(line + 2, 0); /* this file */
    put_be16(line + 4, 1); /* pieces */
    put_be32(line + 10, length);
    return true;
}

/* `entry`: what stands behind its item's number. */
static bool add_item_entry(struct avif_tables *tables, unsigned item, const char *entry,
                           size_t entry_bytes)
{
    enum { COUNT_AT = BOX_HEAD_BYTES + VERSION_BYTES };
    const size_t size = BOX_HEAD_BYTES + VERSION_BYTES + 2 + entry_bytes;
    uint8_t *box = grow_box(tables, &tables->entries, size), *count;

    if (box == NULL)
        return false;
    count = tables->output->data + tables->entries + COUNT_AT;
    put_be16(count, get_be16(count) + 1U);
    put_be32(box, (uint32_t)size);
    memcpy(box + 4, "infe\2\0\0\0", 8);
    put_be16(box + 12, item);
    memcpy(box + 14, entry, entry_bytes);
    return true;
}

/* "item describes the image", which is item 1. */
static bool add_reference(struct avif_tables *tables, unsigned item)
{
    enum {
        TABLE_BYTES = BOX_HEAD_BYTES + VERSION_BYTES,
        ONE_BYTES = BOX_HEAD_BYTES + 6,
        IMAGE = 1
    };
    uint8_t *box;

    if (tables->references == 0) {
        const size_t end = box_end(tables, tables->meta);

        if ((box = grow_box(tables, &tables->meta, TABLE_BYTES)) == NULL)
            return false;
        memcpy(box, "\0\0\0\x0ciref\0\0\0", TABLE_BYTES);
        tables->references = end;
    }
    if ((box = grow_box(tables, &tables->references, ONE_BYTES)) == NULL)
        return false;
    put_be32(box, ONE_BYTES);
    memcpy(box + 4, "cdsc", 4);
    put_be16(box + 8, item);
    put_be16(box + 10, 1);
    put_be16(box + 12, IMAGE);
    return true;
}

/* The last item lies at `last`, and the others moved. False: the table is not of the kind that we
 * write. */
static bool correct_offsets(const struct avif_tables *tables, uint32_t moved, uint32_t last)
{
    uint8_t *table = tables->output->data + tables->locations, *offset;
    const unsigned count = get_be16(table + LOCATIONS_HEAD_BYTES - 2);

    if (memcmp(table + BOX_HEAD_BYTES, "\0\0\0\0\x44\0", 6) != 0 ||
        get_be32(table) != LOCATIONS_HEAD_BYTES + count * LOCATION_BYTES)
        return false;
    offset = table + LOCATIONS_HEAD_BYTES + 6;
    for (unsigned i = 1; i < count; i++, offset += LOCATION_BYTES)
        put_be32(offset, get_be32(offset) + moved);
    put_be32(offset, last);
    return true;
}

/* A box of the bytes at `at`, behind `front` zeros. False: no room. */
static bool insert_data(struct image_output *output, size_t at, struct bytes bytes, size_t front)
{
    const size_t size = BOX_HEAD_BYTES + front + bytes.size;
    uint8_t *box = metadata_make_room(output, at, size);

    if (box == NULL)
        return false;
    put_be32(box, (uint32_t)size);
    memcpy(box + 4, "mdat", 4);
    memset(box + BOX_HEAD_BYTES, 0, front);
    memcpy(box + BOX_HEAD_BYTES + front, bytes.data, bytes.size);
    return true;
}

/* EXIF has the offset of its TIFF in front: 0 (ISO/IEC 23008-12, A.2.1). */
int metadata_write_avif(const struct metadata_item *item, struct image_output *output)
{
    static const char exif[] = "\0\0Exif", xmp[] = "\0\0mime\0application/rdf+xml";
    const bool is_exif = item->kind == METADATA_EXIF;
    const size_t front = is_exif ? 4 : 0, before = output->size;
    struct avif_tables tables = {.output = output};
    unsigned number;
    size_t at;

    if (!is_exif && item->kind != METADATA_XMP)
        return 0;
    if (!find_tables(&tables))
        return -EIO;
    if (!add_location(&tables, (uint32_t)(front + item->bytes.size), &number) ||
        !add_item_entry(&tables, number, is_exif ? exif : xmp,
                        is_exif ? sizeof(exif) : sizeof(xmp)) ||
        !add_reference(&tables, number))
        return STATUS_IMAGE_TOO_LARGE;
    at = box_end(&tables, tables.meta);
    if (!insert_data(output, at, item->bytes, front))
        return STATUS_IMAGE_TOO_LARGE;
    return correct_offsets(&tables, (uint32_t)(output->size - before),
                           (uint32_t)at + BOX_HEAD_BYTES)
               ? 0
               : -EIO;
}
