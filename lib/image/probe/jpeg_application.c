/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/jpeg_application.h"

#include "image/core/bytes.h"
#include "image/core/exif.h"
#include "image/probe/jpeg_segments.h"

enum { JFIF_BYTES = 14, ADOBE_BYTES = 12, EXIF_PREFIX_BYTES = 6 };

static void read_jfif(struct jpeg_application *application, const uint8_t *payload)
{
    application->has_jfif = true;
    application->density_unit = payload[7];
    application->density_x = get_be16(payload + 8);
    application->density_y = get_be16(payload + 10);
}

void jpeg_application_read(struct jpeg_application *application, unsigned marker,
                           const uint8_t *payload, size_t size)
{
    const struct bytes bytes = {payload, size};

    if (marker == JPEG_APP0 && size >= JFIF_BYTES && bytes_match(bytes, 0, "JFIF", 5)) {
        read_jfif(application, payload);
    } else if (marker == JPEG_APP1 && bytes_match(bytes, 0, "Exif\0", EXIF_PREFIX_BYTES)) {
        const unsigned found =
            exif_find_orientation(payload + EXIF_PREFIX_BYTES, size - EXIF_PREFIX_BYTES);

        application->has_orientation = application->has_orientation || found != 0;
        if (application->orientation == 1 && found != 0) /* the first that asks for a turn */
            application->orientation = (uint8_t)found;
    } else if (marker == JPEG_APP14 && size >= ADOBE_BYTES && bytes_match(bytes, 0, "Adobe", 5)) {
        application->has_adobe = true;
        application->adobe_transform = payload[ADOBE_BYTES - 1];
    }
}

bool jpeg_application_is_rgb(const struct jpeg_application *application,
                             const uint8_t names[static 3])
{
    if (application->has_jfif)
        return false;
    if (application->has_adobe)
        return application->adobe_transform == 0;
    return memcmp(names, "RGB", 3) == 0;
}
