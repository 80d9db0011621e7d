/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/rewrite.h"

#include "base/buffer.h"
#include "image/jpeg/writer.h"
#include "image/probe/jpeg_segments.h"

#include <errno.h>
#include <string.h>

/* Markers and segments: ITU-T T.81, B.2; JFIF: T.871; Adobe's: Technical Note 5116. */

struct rewriting {
    const struct jpeg_layout *layout;
    struct buffer *copy;
    bool failed;                             /* for want of memory; nothing more is written */
    unsigned restart_interval;               /* the last one written */
    const uint8_t *huffman[JPEG_CLASSES][4]; /* likewise, counts of each table */
};

static void put(struct rewriting *to, const void *bytes, size_t size)
{
    if (!to->failed && buffer_append(to->copy, bytes, size, SIZE_MAX) != 0)
        to->failed = true;
}

static void rewrite_byte(struct rewriting *to, unsigned value)
{
    const uint8_t byte = (uint8_t)value;

    put(to, &byte, 1);
}

static void put_u16(struct rewriting *to, unsigned value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    put(to, bytes, sizeof(bytes));
}

static void put_marker(struct rewriting *to, enum jpeg_marker marker)
{
    put_u16(to, 0xff00 | marker);
}

/* The head of a segment with that much behind it. */
static void rewrite_segment_head(struct rewriting *to, enum jpeg_marker marker, size_t size)
{
    put_marker(to, marker);
    put_u16(to, (unsigned)size + 2);
}

/* The segment from which libjpeg derives the colour space: JFIF means gray or Y, Cb, Cr; Adobe's
 * says whether the colours were transformed, and that four components are inverted. */
static void put_colour_space(struct rewriting *to)
{
    static const uint8_t adobe[11] = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0};
    const struct jpeg_layout *layout = to->layout;
    enum { NONE = 0, YCCK = 2 };

    if (layout->ycc) {
        uint8_t jfif[JPEG_JFIF_BYTES];

        jpeg_jfif(&layout->application, jfif);
        rewrite_segment_head(to, JPEG_APP0, sizeof(jfif));
        put(to, jfif, sizeof(jfif));
    } else if (layout->components == 3 || layout->application.has_adobe) {
        rewrite_segment_head(to, JPEG_APP14, sizeof(adobe) + 1);
        put(to, adobe, sizeof(adobe));
        rewrite_byte(
            to, layout->components == 4 && layout->application.adobe_transform != 0 ? YCCK : NONE);
    }
}

/* A component's table has the number of the first component that has it. */
static unsigned quantization_number(const struct jpeg_layout *layout, unsigned component)
{
    unsigned number = 0;

    while (layout->component[number].quantization != layout->component[component].quantization)
        number++;
    return number;
}

static void rewrite_quantization(struct rewriting *to)
{
    for (unsigned i = 0; i < to->layout->components; i++) {
        const struct jpeg_component *component = &to->layout->component[i];
        size_t size = component->quantization_wide ? 128 : 64;

        if (quantization_number(to->layout, i) != i)
            continue;
        rewrite_segment_head(to, JPEG_DQT, 1 + size);
        rewrite_byte(to, (unsigned)component->quantization_wide << 4 | i);
        put(to, component->quantization, size);
    }
}

static enum jpeg_marker frame_marker(const struct jpeg_layout *layout)
{
    if (layout->arithmetic)
        return layout->progressive ? JPEG_SOF10 : JPEG_SOF9;
    return layout->progressive ? JPEG_SOF2 : JPEG_SOF0;
}

static void put_frame(struct rewriting *to)
{
    const struct jpeg_layout *layout = to->layout;

    rewrite_segment_head(to, frame_marker(layout), 6 + 3 * layout->components);
    rewrite_byte(to, 8);
    put_u16(to, layout->height);
    put_u16(to, layout->width);
    rewrite_byte(to, layout->components);
    for (unsigned i = 0; i < layout->components; i++) {
        rewrite_byte(to, i + 1);
        rewrite_byte(to, (unsigned)layout->component[i].h << 4 | layout->component[i].v);
        rewrite_byte(to, quantization_number(layout, i));
    }
}

static void put_huffman(struct rewriting *to, unsigned class, unsigned number,
                        const struct jpeg_table *table)
{
    if (table->counts == NULL || to->huffman[class][number] == table->counts)
        return;
    to->huffman[class][number] = table->counts;
    rewrite_segment_head(to, JPEG_DHT, 17 + table->values);
    rewrite_byte(to, class << 4 | number);
    put(to, table->counts, 16 + table->values);
}

static void put_conditioning(struct rewriting *to, unsigned class, unsigned number, unsigned value)
{
    rewrite_segment_head(to, JPEG_DAC, 2);
    rewrite_byte(to, class << 4 | number);
    rewrite_byte(to, value);
}

/* A number that no table of Huffman codes has stands where the scan needs none. */
static unsigned selectors_of(const struct jpeg_layout *layout, const struct jpeg_scan *scan,
                             unsigned n)
{
    return layout->arithmetic ? scan->selectors[n] : scan->selectors[n] & 0x33;
}

static void put_tables(struct rewriting *to, const struct jpeg_scan *scan)
{
    for (unsigned n = 0; n < scan->components; n++) {
        unsigned selectors = selectors_of(to->layout, scan, n);

        if (to->layout->arithmetic) {
            put_conditioning(to, JPEG_DC, selectors >> 4, scan->conditioning[JPEG_DC][n]);
            put_conditioning(to, JPEG_AC, selectors & 15, scan->conditioning[JPEG_AC][n]);
        } else {
            put_huffman(to, JPEG_DC, selectors >> 4, &scan->dc[n]);
            put_huffman(to, JPEG_AC, selectors & 15, &scan->ac[n]);
        }
    }
}

static void put_scan(struct rewriting *to, const struct jpeg_scan *scan)
{
    put_tables(to, scan);
    if (to->restart_interval != scan->restart_interval) {
        rewrite_segment_head(to, JPEG_DRI, 2);
        put_u16(to, scan->restart_interval);
        to->restart_interval = scan->restart_interval;
    }
    rewrite_segment_head(to, JPEG_SOS, 4 + 2 * scan->components);
    rewrite_byte(to, scan->components);
    for (unsigned n = 0; n < scan->components; n++) {
        rewrite_byte(to, scan->component[n] + 1U);
        rewrite_byte(to, selectors_of(to->layout, scan, n));
    }
    rewrite_byte(to, scan->first);
    rewrite_byte(to, scan->last);
    rewrite_byte(to, (unsigned)scan->high << 4 | scan->low);
    put(to, scan->data, (size_t)(scan->end - scan->data));
}

int jpeg_rewrite(const struct jpeg_layout *layout, struct buffer *copy)
{
    struct rewriting to = {.layout = layout, .copy = copy};

    put_marker(&to, JPEG_SOI);
    put_colour_space(&to);
    rewrite_quantization(&to);
    put_frame(&to);
    for (unsigned i = 0; i < layout->scans; i++)
        put_scan(&to, &layout->scan[i]);
    put_marker(&to, JPEG_EOI);
    return to.failed ? -ENOMEM : 0;
}
