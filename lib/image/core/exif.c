/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/core/exif.h"

#include "image/core/tiff_directory.h"

/* EXIF (CIPA DC-008, 4.5): a TIFF without pixels. Only the orientation is of interest. */
enum { EXIF_TAG_ORIENTATION = 0x0112 };

static bool is_integer(unsigned type)
{
    return type == TYPE_BYTE || type == TYPE_SHORT || type == TYPE_LONG || type == TYPE_SBYTE ||
           type == TYPE_SSHORT || type == TYPE_SLONG;
}

/* The value must lie in the entry itself; of several the first one counts. */
static unsigned entry_orientation(const struct tiff_bytes *tiff, const struct tiff_entry *entry)
{
    const unsigned bytes = tiff_type_bytes(entry->type);
    uint64_t value;

    if (!is_integer(entry->type) || entry->count == 0 ||
        entry->count > tiff_offset_bytes(tiff) / bytes)
        return 0;
    value = tiff_get(tiff, entry->at, bytes);
    return value >= 1 && value <= 8 ? (unsigned)value : 0;
}

unsigned exif_find_orientation(const uint8_t *data, size_t size)
{
    struct tiff_bytes tiff;
    struct tiff_directory directory;
    struct tiff_entry entry;
    uint64_t first;

    if (!tiff_begin(&tiff, (struct bytes){data, size}, &first) || tiff.big ||
        !tiff_directory_begin(&tiff, first, &directory))
        return 0;
    while (tiff_next_entry(&tiff, &directory, &entry)) {
        if (entry.tag == EXIF_TAG_ORIENTATION)
            return entry_orientation(&tiff, &entry);
    }
    return 0;
}

unsigned exif_orientation(const uint8_t *data, size_t size)
{
    unsigned found = exif_find_orientation(data, size);

    return found != 0 ? found : 1;
}
