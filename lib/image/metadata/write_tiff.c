/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/write.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/metadata/exif.h"

#include <errno.h>
#include <stdlib.h>

/*
 * A TIFF's metadata are fields of its first directory. A larger one is written at the end of the
 * file and takes its place; the old one's bytes stay behind, unused.
 */
enum { TAG_XMP_PACKET = 700, TAG_DATASETS = 33723, FIRST_AT = 4 };

/* What the item adds. What the file has of the same tags does not count any more. */
static void collect_item(const struct metadata_item *item, struct tiff_fields *fields)
{
    const bool is_xmp = item->kind == METADATA_XMP;
    const struct tiff_field field = {
        .tag = is_xmp ? TAG_XMP_PACKET : TAG_DATASETS,
        .type = is_xmp ? TYPE_BYTE : TYPE_UNDEFINED,
        .count = (uint32_t)item->bytes.size,
        .values = item->bytes,
    };

    if (item->kind == METADATA_EXIF)
        exif_collect(item->bytes, fields);
    else if (is_xmp || item->kind == METADATA_IPTC)
        tiff_fields_add(fields, DIRECTORY_IMAGE, &field);
}

/* Adds what the file's first directory has, and finds the one behind it. False: it is no file of
 * ours. */
static bool collect_stored(const struct image_output *output, struct tiff_fields *fields,
                           bool *big_endian, uint32_t *next)
{
    const struct bytes file = {output->data, output->size};
    struct tiff_bytes tiff;
    struct tiff_directory directory;
    struct tiff_entry entry;
    uint64_t first;

    if (!tiff_begin(&tiff, file, &first) || tiff.big ||
        !tiff_directory_begin(&tiff, first, &directory))
        return false;
    while (directory.left > 0) {
        const uint64_t value = directory.at + 8;

        if (!tiff_next_entry(&tiff, &directory, &entry))
            return false;
        tiff_fields_add(fields, DIRECTORY_IMAGE,
                        &(struct tiff_field){.tag = entry.tag,
                                             .type = entry.type,
                                             .source = FIELD_STORED,
                                             .count = (uint32_t)entry.count,
                                             .values = {file.data + value, 4}});
    }
    *big_endian = tiff.big_endian;
    *next = bytes_have(file, directory.at, 4) ? (uint32_t)tiff_get(&tiff, directory.at, 4) : 0;
    return true;
}

int metadata_write_tiff(const struct metadata_item *item, struct image_output *output)
{
    _cleanup_free_ struct tiff_fields *fields = calloc(1, sizeof(*fields));
    struct tiff_fields_target target = {
        .data = output->data, .size = output->size, .capacity = output->capacity};
    uint32_t next;
    size_t at;

    if (fields == NULL)
        return -ENOMEM;
    if (target.capacity > UINT32_MAX)
        target.capacity = UINT32_MAX;
    collect_item(item, fields);
    tiff_fields_link(fields);
    if (!collect_stored(output, fields, &target.big_endian, &next))
        return -EIO;
    if ((at = tiff_fields_write(fields, &target, next)) == 0)
        return STATUS_IMAGE_TOO_LARGE;
    for (unsigned i = 0; i < 4; i++)
        output->data[FIRST_AT + i] = (uint8_t)(at >> 8 * (target.big_endian ? 3 - i : i));
    output->size = target.size;
    return 0;
}
