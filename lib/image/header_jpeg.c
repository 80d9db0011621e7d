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
    MARKER_DQT = 0xdb,
    STANDARD_SUM = 3688,       /* of the luma's quantization table (annex K.1), quality 50 */
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

/* The quality that libjpeg makes such quantizers of: it multiplies the standard's. */
static uint8_t quality_of(unsigned sum)
{
    unsigned percent = sum * 100 / STANDARD_SUM;

    if (percent > 100)
        return (uint8_t)(percent < 5000 ? 5000 / percent : 1);
    return (uint8_t)((200 - percent) / 2);
}

/* Notes what the tables of a DQT segment amount to; breaks off where they do. */
static void read_quantizers(struct bytes segment, unsigned sums[16])
{
    size_t at = 2;

    while (bytes_have(segment, at, 1)) {
        unsigned id = segment.data[at] & 15, width = segment.data[at] >> 4 ? 2 : 1;

        if (!bytes_have(segment, ++at, 64 * width))
            return;
        sums[id] = 0;
        for (unsigned i = 0; i < 64; i++, at += width)
            sums[id] += width == 2 ? get_be16(segment.data + at) : segment.data[at];
    }
}

/* SOFn: precision, height, width, components; of each component a name, sampling, table. */
static int read_frame(struct bytes input, size_t at, const unsigned sums[16],
                      struct image_header *header)
{
    if (!bytes_have(input, at, 8))
        return STATUS_IMAGE_CORRUPT;
    header->height = get_be16(input.data + at + 3);
    header->width = get_be16(input.data + at + 5);
    if (bytes_have(input, at, 11) && sums[input.data[at + 10] & 15] > 0)
        header->quality = quality_of(sums[input.data[at + 10] & 15]);
    return 0;
}

int header_read_jpeg(struct bytes input, struct image_header *header)
{
    unsigned sums[16] = {0}, marker;
    size_t at = 2; /* behind SOI */

    while ((marker = next_marker(input, &at)) != 0) {
        unsigned length;

        if (marker == MARKER_TEM || (marker >= MARKER_RST0 && marker < MARKER_EOI))
            continue; /* stands alone */
        if (marker == MARKER_EOI || marker == MARKER_SOS || !bytes_have(input, at, 2))
            break;
        if (is_frame_header(marker))
            return read_frame(input, at, sums, header);
        length = get_be16(input.data + at);
        if (marker == MARKER_DQT && bytes_have(input, at, length))
            read_quantizers((struct bytes){input.data + at, length}, sums);
        at += length;
    }
    return STATUS_IMAGE_CORRUPT;
}
