/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/writer.h"

#include "image/probe/jpeg_segments.h"

/*
 * libjpeg writes files of coefficients and of pixels; this one is made of bits that were copied, so
 * its few markers are written here.
 */

static const uint8_t dc_counts_and_values[16 + 12] = {
    0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
};

const struct jpeg_table writer_dc_table = {.counts = dc_counts_and_values, .values = 12};

void writer_begin(struct jpeg_writer *writer, uint8_t *memory, size_t capacity)
{
    *writer =
        (struct jpeg_writer){.begin = memory, .at = memory, .end = memory + capacity, .room = 64};
}

void writer_bytes(struct jpeg_writer *writer, const uint8_t *bytes, size_t size)
{
    if ((size_t)(writer->end - writer->at) < size)
        writer->full = true;
    if (writer->full)
        return;
    memcpy(writer->at, bytes, size);
    writer->at += size;
}

static void put_segment(struct jpeg_writer *writer, uint8_t marker, const uint8_t *payload,
                        size_t size)
{
    uint8_t head[4] = {0xff, marker, (uint8_t)((size + 2) >> 8), (uint8_t)(size + 2)};

    writer_bytes(writer, head, sizeof(head));
    writer_bytes(writer, payload, size);
}

static void put_quantization(struct jpeg_writer *writer, const struct jpeg_component *component)
{
    uint8_t payload[1 + 128];
    size_t size = component->quantization_wide ? 128 : 64;

    payload[0] = (uint8_t)(component->quantization_wide << 4);
    memcpy(payload + 1, component->quantization, size);
    put_segment(writer, JPEG_DQT, payload, 1 + size);
}

void jpeg_jfif(const struct jpeg_application *application, uint8_t payload[JPEG_JFIF_BYTES])
{
    static const uint8_t plain[JPEG_JFIF_BYTES] = {'J', 'F', 'I', 'F', 0, 1, 1,
                                                   0,   0,   1,   0,   1, 0, 0};

    memcpy(payload, plain, JPEG_JFIF_BYTES);
    if (application->has_jfif && application->density_unit <= 2 && application->density_x != 0 &&
        application->density_y != 0) {
        payload[7] = application->density_unit;
        payload[8] = (uint8_t)(application->density_x >> 8);
        payload[9] = (uint8_t)application->density_x;
        payload[10] = (uint8_t)(application->density_y >> 8);
        payload[11] = (uint8_t)application->density_y;
    }
}

void writer_gray_header(struct jpeg_writer *writer, const struct jpeg_layout *layout)
{
    static const uint8_t start[] = {0xff, JPEG_SOI};
    uint8_t jfif[JPEG_JFIF_BYTES];
    uint8_t frame[9] = {8,
                        (uint8_t)(layout->height >> 8),
                        (uint8_t)layout->height,
                        (uint8_t)(layout->width >> 8),
                        (uint8_t)layout->width,
                        1,
                        1,
                        0x11,
                        0};
    uint8_t marker = layout->progressive ? JPEG_SOF2 : JPEG_SOF0;

    jpeg_jfif(&layout->application, jfif);
    if (!layout->progressive && layout->component[0].quantization_wide)
        marker = JPEG_SOF0 + 1; /* only an extended frame may have such a table */
    writer_bytes(writer, start, sizeof(start));
    put_segment(writer, JPEG_APP0, jfif, sizeof(jfif));
    put_quantization(writer, &layout->component[0]);
    put_segment(writer, marker, frame, sizeof(frame));
}

void writer_huffman(struct jpeg_writer *writer, unsigned class, const struct jpeg_table *table)
{
    uint8_t payload[1 + 16 + 256];

    payload[0] = (uint8_t)(class << 4);
    memcpy(payload + 1, table->counts, 16 + table->values);
    put_segment(writer, JPEG_DHT, payload, 17 + table->values);
}

void writer_restart_interval(struct jpeg_writer *writer, unsigned interval)
{
    uint8_t payload[2] = {(uint8_t)(interval >> 8), (uint8_t)interval};

    put_segment(writer, JPEG_DRI, payload, sizeof(payload));
}

void writer_scan(struct jpeg_writer *writer, const struct jpeg_scan *scan)
{
    uint8_t payload[6] = {1, 1, 0, scan->first, scan->last, (uint8_t)(scan->high << 4 | scan->low)};

    put_segment(writer, JPEG_SOS, payload, sizeof(payload));
    writer->bits = 0;
    writer->room = 64;
}

void writer_flush(struct jpeg_writer *writer)
{
    unsigned waiting = 64 - writer->room;

    if (!writer_reserve(writer, 64))
        return;
    while (waiting > 0) {
        unsigned n = waiting < 8 ? waiting : 8;
        uint8_t byte = (uint8_t)(writer->bits >> (waiting - n) << (8 - n) | 0xff >> n);

        *writer->at++ = byte;
        if (byte == 0xff)
            *writer->at++ = 0;
        waiting -= n;
    }
    writer->bits = 0;
    writer->room = 64;
}

size_t writer_finish(struct jpeg_writer *writer)
{
    static const uint8_t end[] = {0xff, JPEG_EOI};

    writer_bytes(writer, end, sizeof(end));
    return writer->full ? 0 : (size_t)(writer->at - writer->begin);
}
