/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/metadata.h"

#include "image/core/exif.h"

#include <string.h>

/*
 * Four facts are needed from the application segments, and no library for each: a hundred lines
 * with every bound checked are less to trust than three parsers of everything.
 */

static bool begins(const uint8_t *payload, size_t size, const char *with, size_t length)
{
    return size >= length && memcmp(payload, with, length) == 0;
}

void jpeg_read_application_segment(struct jpeg_layout *layout, uint8_t marker,
                                   const uint8_t *payload, size_t size)
{
    jpeg_colours_read(&layout->colours, marker, payload, size);
    if (marker == 0xe0 && begins(payload, size, "JFIF", 5) && size >= 14) {
        layout->density_unit = payload[7];
        layout->density_x = (uint16_t)(payload[8] << 8 | payload[9]);
        layout->density_y = (uint16_t)(payload[10] << 8 | payload[11]);
    } else if (marker == 0xe1 && begins(payload, size, "Exif\0", 6)) {
        if (layout->orientation == 1)
            layout->orientation = (uint8_t)exif_orientation(payload + 6, size - 6);
    } else if (marker == 0xe2 && begins(payload, size, "ICC_PROFILE", 12)) {
        jpeg_profile_add(&layout->profile, payload, size);
    }
}
