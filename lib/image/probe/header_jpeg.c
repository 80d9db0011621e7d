/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/header.h"

#include "base/status.h"
#include "image/probe/jpeg_application.h"

/*
 * JPEG (ITU T.81 annex B): a run of marker segments; the size is in the frame header, SOFn. Nothing
 * entropy-coded comes before it, so lengths lead from one marker to the next.
 */
enum {
    MARKER_TEM = 0x01,
    MARKER_SOF0 = 0xc0,
    MARKER_SOF2 = 0xc2,
    MARKER_SOF3 = 0xc3,
    MARKER_DHT = 0xc4,
    MARKER_JPG = 0xc8,
    MARKER_SOF9 = 0xc9,
    MARKER_SOF10 = 0xca,
    MARKER_SOF11 = 0xcb,
    MARKER_DAC = 0xcc,
    MARKER_SOF15 = 0xcf,
    MARKER_RST0 = 0xd0,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_DQT = 0xdb,
    MARKER_DHP = 0xde,
    MARKER_SOF55 = 0xf7, /* ITU T.87, JPEG-LS */
    STANDARD_SUM = 3688, /* of the luma's quantization table (annex K.1), quality 50 */
};

static bool is_frame_header(unsigned marker)
{
    return (marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT &&
            marker != MARKER_JPG && marker != MARKER_DAC) ||
           marker == MARKER_DHP || marker == MARKER_SOF55;
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

/* What T.81 and T.87 define and libjpeg does not read: legal, and found in medicine, raw files of
 * cameras, and the standard's own test pictures. */
static int refuse_process(unsigned marker, struct image_header *header)
{
    enum { HIERARCHICAL = 4 }; /* SOF5 to 7, 13 to 15 */

    if (marker == MARKER_SOF55)
        return image_refuse(header, "a JPEG-LS");
    if (marker == MARKER_SOF3 || marker == MARKER_SOF11)
        return image_refuse(header, "a lossless JPEG");
    if (marker == MARKER_DHP || (marker & HIERARCHICAL) != 0)
        return image_refuse(header, "a hierarchical JPEG");
    return 0;
}

/* Of the frame header's components each has its name first of three bytes. */
static bool is_rgb(struct bytes input, size_t at, const struct jpeg_colours *colours)
{
    const uint8_t *frame = input.data + at;

    return bytes_have(input, at, 17) &&
           jpeg_colours_are_rgb(colours, (const uint8_t[]){frame[8], frame[11], frame[14]});
}

/* SOFn: precision, height, width, components; of each component a name, sampling, table. */
static int read_frame(struct bytes input, size_t at, unsigned marker, const unsigned sums[16],
                      struct image_header *header)
{
    unsigned bits, components;
    int status = refuse_process(marker, header);

    if (status != 0)
        return status;
    if (!bytes_have(input, at, 8))
        return STATUS_IMAGE_CORRUPT;
    bits = input.data[at + 2];
    components = input.data[at + 7];
    header->height = get_be16(input.data + at + 3);
    header->width = get_be16(input.data + at + 5);
    if (bits == 12)
        return image_refuse(header, "a JPEG with 12 bits a sample");
    if (bits != 8 || components == 0 || header->width == 0)
        return STATUS_IMAGE_CORRUPT;
    if (header->height == 0)
        return image_refuse(header, "a JPEG that tells its height behind its pixels (DNL)");
    if (components == 2 || components > 4)
        return image_refuse(header, "a JPEG of %u components", components);
    header->samples = components;
    if (bytes_have(input, at, 11) && sums[input.data[at + 10] & 15] > 0)
        header->quality = quality_of(sums[input.data[at + 10] & 15]);
    return 0;
}

int header_read_jpeg(struct bytes input, struct image_header *header)
{
    unsigned sums[16] = {0}, marker;
    struct jpeg_colours colours = {0};
    size_t at = 2; /* behind SOI */

    while ((marker = next_marker(input, &at)) != 0) {
        unsigned length;

        if (marker == MARKER_TEM || (marker >= MARKER_RST0 && marker < MARKER_EOI))
            continue; /* stands alone */
        if (marker == MARKER_EOI || marker == MARKER_SOS || !bytes_have(input, at, 2))
            break;
        header->arithmetic = marker == MARKER_SOF9 || marker == MARKER_SOF10;
        header->progressive = marker == MARKER_SOF2 || marker == MARKER_SOF10;
        if (is_frame_header(marker)) {
            int status = read_frame(input, at, marker, sums, header);

            header->rgb = header->samples == 3 && is_rgb(input, at, &colours);
            return status;
        }
        length = get_be16(input.data + at);
        if (length >= 2 && bytes_have(input, at, length))
            jpeg_colours_read(&colours, marker, input.data + at + 2, length - 2);
        if (marker == MARKER_DQT && bytes_have(input, at, length))
            read_quantizers((struct bytes){input.data + at, length}, sums);
        at += length;
    }
    return STATUS_IMAGE_CORRUPT;
}
