/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "base/status.h"
#include "image/probe/jpeg_application.h"
#include "image/probe/jpeg_segments.h"

/* JPEG: the size is in the frame header, and nothing entropy-coded comes before that. */

enum { STANDARD_SUM = 3688 }; /* of the luma's quantization table (T.81, K.1), quality 50 */

static bool is_frame_header(unsigned marker)
{
    return (marker >= JPEG_SOF0 && marker <= JPEG_SOF15 && marker != JPEG_DHT &&
            marker != JPEG_JPG && marker != JPEG_DAC) ||
           marker == JPEG_DHP || marker == JPEG_SOF55;
}

/* The quality at which libjpeg makes such quantizers: it multiplies the standard's. */
static uint8_t quality_of(unsigned sum)
{
    unsigned percent = sum * 100 / STANDARD_SUM;

    if (percent > 100)
        return (uint8_t)(percent < 5000 ? 5000 / percent : 1);
    return (uint8_t)((200 - percent) / 2);
}

/* Adds up each table of a DQT segment, as far as the tables are whole. */
static void read_quantizers(struct bytes payload, unsigned sums[16])
{
    size_t at = 0;

    while (bytes_have(payload, at, 1)) {
        unsigned id = payload.data[at] & 15, width = payload.data[at] >> 4 ? 2 : 1;

        if (!bytes_have(payload, ++at, 64 * width))
            return;
        sums[id] = 0;
        for (unsigned i = 0; i < 64; i++, at += width)
            sums[id] += width == 2 ? get_be16(payload.data + at) : payload.data[at];
    }
}

/* What T.81 and T.87 define and libjpeg does not read: legal, and found in medicine, raw files of
 * cameras, and the standard's own test images. */
static int refuse_process(unsigned marker, struct image_header *header)
{
    enum { HIERARCHICAL = 4 }; /* SOF5 to 7, 13 to 15 */

    if (marker == JPEG_SOF55)
        return image_refuse(header, "a JPEG-LS");
    if (marker == JPEG_SOF3 || marker == JPEG_SOF11)
        return image_refuse(header, "a lossless JPEG");
    if (marker == JPEG_DHP || (marker & HIERARCHICAL) != 0)
        return image_refuse(header, "a hierarchical JPEG");
    return 0;
}

/* SOFn from its length on: length, precision, height, width, number of components; then a name,
 * sampling factors and a table for each of them. It may be longer than its length says: whoever
 * decodes it decides about that. */
static int read_frame_header(struct bytes frame, unsigned marker, const unsigned sums[16],
                             struct image_header *header)
{
    unsigned bits, components;
    int status = refuse_process(marker, header);

    if (status != 0)
        return status;
    if (!bytes_have(frame, 0, 8))
        return STATUS_IMAGE_CORRUPT;
    bits = frame.data[2];
    components = frame.data[7];
    header->height = get_be16(frame.data + 3);
    header->width = get_be16(frame.data + 5);
    if (bits == 12)
        return image_refuse(header, "a JPEG with 12 bits a sample");
    if (bits != 8 || components == 0 || header->width == 0)
        return STATUS_IMAGE_CORRUPT;
    if (header->height == 0)
        return image_refuse(header, "a JPEG that gives its height after its pixels (DNL)");
    if (components == 2 || components > 4)
        return image_refuse(header, "a JPEG of %u components", components);
    header->samples = components;
    if (bytes_have(frame, 0, 11) && sums[frame.data[10] & 15] > 0)
        header->quality = quality_of(sums[frame.data[10] & 15]);
    return 0;
}

static bool is_rgb(struct bytes frame, const struct jpeg_application *application)
{
    const uint8_t *names = frame.data + 8; /* each followed by two other bytes */

    return bytes_have(frame, 0, 17) &&
           jpeg_application_is_rgb(application, (const uint8_t[]){names[0], names[3], names[6]});
}

/* The name of a ratio of luma to chroma, in columns and in rows. */
static const char *name_ratio(unsigned horizontal, unsigned vertical)
{
    static const char *const names[5][3] = {
        [1] = {NULL, "444", "440"}, [2] = {NULL, "422", "420"}, [4] = {NULL, "411", "410"}};
    const char *name = NULL;

    if (horizontal < 5 && vertical < 3)
        name = names[horizontal][vertical];
    return name != NULL ? name : "";
}

/* The sampling factors of the frame's components: a byte each, horizontal and vertical. */
static void read_sampling(struct bytes frame, struct image_header *header)
{
    uint8_t horizontal[4] = {0}, vertical[4] = {0}, most_h = 1, most_v = 1;

    header->mcu_width = header->mcu_height = 8; /* never 0, whatever the file lacks */
    if (!bytes_have(frame, 0, 8 + 3 * (uint64_t)header->samples))
        return;
    for (unsigned i = 0; i < header->samples; i++) {
        horizontal[i] = frame.data[9 + 3 * i] >> 4;
        vertical[i] = frame.data[9 + 3 * i] & 15;
        most_h = horizontal[i] > most_h ? horizontal[i] : most_h;
        most_v = vertical[i] > most_v ? vertical[i] : most_v;
    }
    header->mcu_width = header->samples == 1 ? 8 : 8 * most_h;
    header->mcu_height = header->samples == 1 ? 8 : 8 * most_v;
    if (header->samples == 3 && horizontal[1] > 0 && vertical[1] > 0 &&
        horizontal[1] == horizontal[2] && vertical[1] == vertical[2] &&
        horizontal[0] % horizontal[1] == 0 && vertical[0] % vertical[1] == 0)
        strcpy(header->subsampling,
               name_ratio(horizontal[0] / horizontal[1], vertical[0] / vertical[1]));
}

/* A profile comes in pieces (ICC.1:2022, B.4): the first one has its name. */
static void read_profile_piece(const struct jpeg_segment *segment, struct image_header *header)
{
    enum { PREFIX_BYTES = 14 };
    const struct bytes payload = segment->payload;

    if (segment->marker == JPEG_APP2 && bytes_have(payload, 0, PREFIX_BYTES) &&
        bytes_match(payload, 0, "ICC_PROFILE\0\1", 13))
        header_note_profile(
            (struct bytes){payload.data + PREFIX_BYTES, payload.size - PREFIX_BYTES}, header);
}

/* What comes before the first scan; the frame header is among it. */
struct jpeg_head {
    struct jpeg_application application;
    struct bytes frame; /* from its length on; none before it was found */
    unsigned sums[16];  /* of quantization tables */
};

/* 0, or why the file is refused. */
static int read_head_segment(const struct jpeg_segment *segment, struct jpeg_head *head,
                             struct image_header *header)
{
    const unsigned marker = segment->marker;

    if (is_frame_header(marker) && segment->rest.size >= 2 && head->frame.data == NULL) {
        head->frame = segment->rest;
        header->arithmetic = marker == JPEG_SOF9 || marker == JPEG_SOF10;
        header->progressive = marker == JPEG_SOF2 || marker == JPEG_SOF10;
        return read_frame_header(segment->rest, marker, head->sums, header);
    }
    if (!segment->whole)
        return 0;
    jpeg_application_read(&head->application, marker, segment->payload.data, segment->payload.size);
    read_profile_piece(segment, header);
    if (marker == JPEG_DQT)
        read_quantizers(segment->payload, head->sums);
    return 0;
}

static void read_colours(const struct jpeg_head *head, struct image_header *header)
{
    header->rgb = header->samples == 3 && is_rgb(head->frame, &head->application);
    header->colours = header->samples == 1   ? IMAGE_COLOURS_GRAY
                      : header->samples == 4 ? IMAGE_COLOURS_CMYK
                                             : IMAGE_COLOURS_RGB;
    header->orientation = head->application.orientation;
    header->has_orientation = head->application.has_orientation;
    read_sampling(head->frame, header);
}

int header_read_jpeg(struct bytes input, struct image_header *header)
{
    enum { SOI_BYTES = 2 };
    struct jpeg_segments segments =
        jpeg_segments_begin(input.data + SOI_BYTES, input.size - SOI_BYTES);
    struct jpeg_head head = {.application = jpeg_application_begin()};
    struct jpeg_segment segment;
    int status = 0;

    while (status == 0 && jpeg_segments_next(&segments, &segment)) {
        if (segment.marker == JPEG_EOI || segment.marker == JPEG_SOS)
            break;
        status = read_head_segment(&segment, &head, header);
        if (!segment.whole)
            break;
    }
    if (status == 0 && head.frame.data == NULL)
        return STATUS_IMAGE_CORRUPT;
    if (status == 0)
        read_colours(&head, header);
    return status;
}
