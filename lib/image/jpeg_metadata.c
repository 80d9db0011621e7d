/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_metadata.h"

#include <string.h>

/*
 * Four facts are needed from the application segments, and no library for each: a hundred lines
 * with every bound checked are less to trust than three parsers of everything.
 */

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

static unsigned tiff_u16(const uint8_t *bytes, bool little)
{
    return little ? bytes[1] << 8 | bytes[0] : bytes[0] << 8 | bytes[1];
}

static uint32_t tiff_u32(const uint8_t *bytes, bool little)
{
    return little ? (uint32_t)tiff_u16(bytes + 2, true) << 16 | tiff_u16(bytes, true)
                  : read_u32(bytes);
}

unsigned jpeg_exif_orientation(const uint8_t *tiff, size_t size)
{
    enum { ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };
    bool little;
    size_t at;
    unsigned entries;

    if (size < 10 || (memcmp(tiff, "II\x2a\0", 4) != 0 && memcmp(tiff, "MM\0\x2a", 4) != 0))
        return 1;
    little = tiff[0] == 'I';
    at = tiff_u32(tiff + 4, little);
    if (at > size - 2)
        return 1;
    entries = tiff_u16(tiff + at, little);
    at += 2;
    for (; entries > 0 && size - at >= ENTRY_BYTES; entries--, at += ENTRY_BYTES) {
        unsigned value = tiff_u16(tiff + at + 8, little);

        if (tiff_u16(tiff + at, little) != TAG_ORIENTATION)
            continue;
        if (tiff_u16(tiff + at + 2, little) != TYPE_SHORT)
            return 1;
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

static bool begins(const uint8_t *payload, size_t size, const char *with, size_t length)
{
    return size >= length && memcmp(payload, with, length) == 0;
}

void jpeg_read_application_segment(struct jpeg_layout *layout, uint8_t marker,
                                   const uint8_t *payload, size_t size)
{
    if (marker == 0xe0 && begins(payload, size, "JFIF", 5) && size >= 14) {
        layout->has_jfif = true;
        layout->density_unit = payload[7];
        layout->density_x = (uint16_t)(payload[8] << 8 | payload[9]);
        layout->density_y = (uint16_t)(payload[10] << 8 | payload[11]);
    } else if (marker == 0xe1 && begins(payload, size, "Exif\0", 6)) {
        if (layout->orientation == 1)
            layout->orientation = (uint8_t)jpeg_exif_orientation(payload + 6, size - 6);
    } else if (marker == 0xe2 && begins(payload, size, "ICC_PROFILE", 12)) {
        if (layout->scans == 0) /* where other decoders look for it */
            jpeg_profile_add(&layout->profile, payload, size);
    } else if (marker == 0xee && begins(payload, size, "Adobe", 5) && size >= 12) {
        layout->has_adobe = true;
        layout->adobe_transform = payload[11];
    }
}
