/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/core/exif.h"

#include "image/core/bytes.h"

#include <stdbool.h>

/* One fact is needed of EXIF, by every format alike: a page with every bound checked is less to
 * trust than a parser of everything. */
enum { HEADER_BYTES = 8, ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112 };

/* TIFF 6.0, section 2: the bytes of one value of an integer type; 0: of another type. */
static unsigned integer_bytes(unsigned type)
{
    enum { BYTE = 1, SHORT = 3, LONG = 4, SBYTE = 6, SSHORT = 8, SLONG = 9 };

    switch (type) {
    case BYTE:
    case SBYTE:
        return 1;
    case SHORT:
    case SSHORT:
        return 2;
    case LONG:
    case SLONG:
        return 4;
    default:
        return 0;
    }
}

static uint32_t get(const uint8_t *at, unsigned bytes, bool little)
{
    if (bytes == 1)
        return at[0];
    if (bytes == 2)
        return little ? get_le16(at) : get_be16(at);
    return little ? get_le32(at) : get_be32(at);
}

/* What an entry tells: values of no more than four bytes lie in the entry itself, from its left. */
static unsigned read_entry(const uint8_t *entry, bool little)
{
    unsigned bytes = integer_bytes(get(entry + 2, 2, little));
    uint32_t count = get(entry + 4, 4, little), value;

    if (bytes == 0 || count == 0 || count > 4 / bytes)
        return 1;
    value = get(entry + 8, bytes, little);
    return value >= 1 && value <= 8 ? value : 1;
}

unsigned exif_orientation(const uint8_t *tiff, size_t size)
{
    const struct bytes block = {tiff, size};
    bool little;
    uint64_t at;
    unsigned entries;

    if (!bytes_have(block, 0, HEADER_BYTES) ||
        (!bytes_match(block, 0, "II*\0", 4) && !bytes_match(block, 0, "MM\0*", 4)))
        return 1;
    little = tiff[0] == 'I';
    at = get(tiff + 4, 4, little);
    if (!bytes_have(block, at, 2))
        return 1;
    entries = get(tiff + at, 2, little);
    for (at += 2; entries > 0 && bytes_have(block, at, ENTRY_BYTES); entries--, at += ENTRY_BYTES)
        if (get(tiff + at, 2, little) == TAG_ORIENTATION)
            return read_entry(tiff + at, little);
    return 1;
}
