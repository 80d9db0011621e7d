/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/header.h"

#include "base/status.h"

/*
 * JPEG (ITU T.81 annex B): a run of marker segments; the size is in the frame header, SOFn. Nothing
 * entropy-coded comes before it, so lengths lead from one marker to the next.
 */
enum {
    MARKER_TEM = 0x01,
    MARKER_SOF0 = 0xc0,
    MARKER_DHT = 0xc4,
    MARKER_JPG = 0xc8,
    MARKER_DAC = 0xcc,
    MARKER_SOF15 = 0xcf,
    MARKER_RST0 = 0xd0,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
};

static bool is_frame_header(unsigned marker)
{
    return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT &&
           marker != MARKER_JPG && marker != MARKER_DAC;
}

/* The next marker at or after *at, and *at behind it. Stray bytes before a marker and 0xff as
 * filling are passed over, as decoders do. 0 where there is none. */
static unsigned next_marker(struct bytes input, size_t *at)
{
    while (bytes_have(input, *at, 2)) {
        unsigned marker = input.data[*at + 1];

        if (input.data[*at] == 0xff && marker != 0x00 && marker != 0xff) {
            *at += 2;
            return marker;
        }
        (*at)++;
    }
    return 0;
}

int header_read_jpeg(struct bytes input, struct image_header *header)
{
    size_t at = 2; /* behind SOI */
    unsigned marker;

    while ((marker = next_marker(input, &at)) != 0) {
        if (marker == MARKER_TEM || (marker >= MARKER_RST0 && marker < MARKER_EOI))
            continue; /* stands alone */
        if (marker == MARKER_EOI || marker == MARKER_SOS || !bytes_have(input, at, 2))
            break;
        if (is_frame_header(marker)) {
            if (!bytes_have(input, at, 8))
                break;
            header->height = get_be16(input.data + at + 3);
            header->width = get_be16(input.data + at + 5);
            return 0;
        }
        at += get_be16(input.data + at);
    }
    return STATUS_IMAGE_CORRUPT;
}
