/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/core/tiff_directory.h"

#include "base/cleanup.h"

bool tiff_begin(struct tiff_bytes *tiff, struct bytes input, uint64_t *first_directory)
{
    const bool classic = bytes_match(input, 0, "II*\0", 4) || bytes_match(input, 0, "MM\0*", 4);
    const bool big = bytes_match(input, 0, "II+\0", 4) || bytes_match(input, 0, "MM\0+", 4);

    if ((!classic && !big) || !bytes_have(input, 0, big ? 16 : 8))
        return false;
    *tiff = (struct tiff_bytes){.input = input, .big_endian = input.data[0] == 'M', .big = big};
    *first_directory = big ? tiff_get(tiff, 8, 8) : tiff_get(tiff, 4, 4);
    return true;
}

bool tiff_directory_begin(const struct tiff_bytes *tiff, uint64_t offset,
                          struct tiff_directory *directory)
{
    const unsigned count_bytes = tiff->big ? 8 : 2;

    if (!bytes_have(tiff->input, offset, count_bytes))
        return false;
    directory->left = tiff_get(tiff, offset, count_bytes);
    directory->at = offset + count_bytes;
    return true;
}

bool tiff_next_entry(const struct tiff_bytes *tiff, struct tiff_directory *directory,
                     struct tiff_entry *entry)
{
    const uint64_t at = directory->at;
    const unsigned room = tiff_offset_bytes(tiff);
    uint64_t bytes;

    if (directory->left == 0 || !bytes_have(tiff->input, at, tiff_entry_bytes(tiff)))
        return false;
    directory->at += tiff_entry_bytes(tiff);
    directory->left--;
    entry->tag = (uint16_t)tiff_get(tiff, at, 2);
    entry->type = (uint16_t)tiff_get(tiff, at + 2, 2);
    entry->count = tiff_get(tiff, at + 4, room);
    entry->at = at + 4 + room;
    if (__builtin_mul_overflow(entry->count, tiff_type_bytes(entry->type), &bytes) || bytes > room)
        entry->at = tiff_get(tiff, entry->at, room);
    return true;
}

unsigned tiff_type_bytes(unsigned type)
{
    static const uint8_t bytes[] = {
        [TYPE_BYTE] = 1,   [TYPE_ASCII] = 1,     [TYPE_SHORT] = 2,     [TYPE_LONG] = 4,
        [TYPE_SBYTE] = 1,  [TYPE_UNDEFINED] = 1, [TYPE_SSHORT] = 2,    [TYPE_SLONG] = 4,
        [TYPE_LONG8] = 8,  [TYPE_RATIONAL] = 8,  [TYPE_SRATIONAL] = 8, [TYPE_FLOAT] = 4,
        [TYPE_DOUBLE] = 8, [TYPE_UTF8] = 1,
    };

    return type < ARRAY_LENGTH(bytes) ? bytes[type] : 0;
}

uint64_t tiff_get(const struct tiff_bytes *tiff, uint64_t at, unsigned bytes)
{
    const uint8_t *data = tiff->input.data + at;

    switch (bytes) {
    case 1:
        return data[0];
    case 2:
        return tiff->big_endian ? get_be16(data) : get_le16(data);
    case 4:
        return tiff->big_endian ? get_be32(data) : get_le32(data);
    default:
        return tiff->big_endian ? get_be64(data) : get_le64(data);
    }
}
