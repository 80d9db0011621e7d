/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/jpeg_application.h"

/* JFIF: ITU-T T.871; Adobe's segment: Technical Note 5116. */
#include <string.h>

enum { MARKER_APP0 = 0xe0, MARKER_APP14 = 0xee, JFIF_BYTES = 14, ADOBE_BYTES = 12 };

void jpeg_colours_read(struct jpeg_colours *colours, unsigned marker, const uint8_t *payload,
                       size_t size)
{
    if (marker == MARKER_APP0 && size >= JFIF_BYTES && memcmp(payload, "JFIF", 5) == 0)
        colours->has_jfif = true;
    if (marker == MARKER_APP14 && size >= ADOBE_BYTES && memcmp(payload, "Adobe", 5) == 0) {
        colours->has_adobe = true;
        colours->adobe_transform = payload[ADOBE_BYTES - 1];
    }
}

bool jpeg_colours_are_rgb(const struct jpeg_colours *colours, const uint8_t names[static 3])
{
    if (colours->has_jfif)
        return false;
    if (colours->has_adobe)
        return colours->adobe_transform == 0;
    return memcmp(names, "RGB", 3) == 0;
}
