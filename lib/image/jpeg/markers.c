/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/markers.h"

#include "base/status.h"
#include "image/core/bytes.h"
#include "image/jpeg/progression.h"
#include "image/probe/jpeg_segments.h"

#include <errno.h>

/*
 * A reader of our own, because fast paths need to know the whole file before its first coefficient
 * is decoded: which scans hold only chroma, where the luma's bytes lie, and whether the file is
 * complete at all. The decoder relies on every bound checked here.
 */

struct marker_reader {
    struct jpeg_layout *layout;
    struct jpeg_segments segments;
    unsigned max_scans;
    unsigned scans; /* including those that are not kept */
    bool has_frame;
    unsigned restart_interval;
    struct jpeg_tables tables;
    uint8_t quantization_id[JPEG_COMPONENTS_MAX]; /* which of them each component uses */
    struct jpeg_progression progression[JPEG_COMPONENTS_MAX]; /* in sequential files as well */
};

/* The blocks of each component, as in a scan of that component alone. */
static void count_component_blocks(struct jpeg_layout *layout)
{
    const uint32_t mcu_width = 8U * layout->h_max, mcu_height = 8U * layout->v_max;

    for (unsigned i = 0; i < layout->components; i++) {
        struct jpeg_component *component = &layout->component[i];

        component->block_columns = (layout->width * component->h + mcu_width - 1) / mcu_width;
        component->block_rows = (layout->height * component->v + mcu_height - 1) / mcu_height;
    }
}

static int read_frame_segment(struct marker_reader *reader, uint8_t marker, const uint8_t *payload,
                              size_t size)
{
    struct jpeg_layout *layout = reader->layout;

    if (reader->has_frame)
        return STATUS_IMAGE_CORRUPT;
    if (size < 6 || size != 6 + 3U * payload[5])
        return STATUS_IMAGE_CORRUPT;
    if (marker > JPEG_SOF2 && marker != JPEG_SOF9 && marker != JPEG_SOF10)
        return STATUS_UNSUPPORTED_FORMAT;
    layout->progressive = marker == JPEG_SOF2 || marker == JPEG_SOF10;
    layout->arithmetic = marker == JPEG_SOF9 || marker == JPEG_SOF10;
    layout->height = get_be16(payload + 1);
    layout->width = get_be16(payload + 3);
    layout->components = payload[5];
    if (layout->width == 0 || layout->height == 0 || payload[0] != 8)
        return STATUS_IMAGE_CORRUPT;
    if (layout->components != 1 && layout->components != 3 && layout->components != 4)
        return STATUS_UNSUPPORTED_FORMAT;
    for (unsigned i = 0; i < layout->components; i++) {
        const uint8_t *entry = payload + 6 + 3 * i;
        struct jpeg_component *component = &layout->component[i];

        component->id = entry[0];
        component->h = entry[1] >> 4;
        component->v = entry[1] & 15;
        reader->quantization_id[i] = entry[2];
        if (component->h - 1U > 3 || component->v - 1U > 3 || entry[2] > 3)
            return STATUS_IMAGE_CORRUPT;
        if (component->h > layout->h_max)
            layout->h_max = component->h;
        if (component->v > layout->v_max)
            layout->v_max = component->v;
        progression_begin(&reader->progression[i]);
    }
    count_component_blocks(layout);
    reader->has_frame = true;
    return 0;
}

/* Some files give all components the same id: it then means the next one that is not in the scan
 * yet. */
static int find_component(const struct jpeg_layout *layout, const struct jpeg_scan *scan,
                          unsigned n, uint8_t id)
{
    for (unsigned i = 0; i < layout->components; i++) {
        bool taken = false;

        for (unsigned before = 0; before < n; before++)
            taken |= scan->component[before] == i;
        if (layout->component[i].id == id && !taken)
            return (int)i;
    }
    return -1;
}

/* Spectral selection and successive approximation as T.81, G.1.1.1 allows them. In a sequential
 * file the four numbers mean nothing, and files carry odd ones. */
static bool read_selection(const struct jpeg_layout *layout, struct jpeg_scan *scan,
                           const uint8_t numbers[3])
{
    scan->first = 0;
    scan->last = 63;
    scan->high = scan->low = 0;
    if (!layout->progressive)
        return true;
    scan->first = numbers[0];
    scan->last = numbers[1];
    scan->high = numbers[2] >> 4;
    scan->low = numbers[2] & 15;
    if (scan->first > scan->last || scan->last > 63 || scan->low > 13)
        return false;
    if (scan->first == 0 && scan->last != 0)
        return false;
    if (scan->first > 0 && scan->components != 1)
        return false;
    return scan->high == 0 || scan->high == scan->low + 1;
}

static int read_scan_component(struct marker_reader *reader, struct jpeg_scan *scan, unsigned n,
                               const uint8_t *entry)
{
    int index = find_component(reader->layout, scan, n, entry[0]);
    const bool standard = !reader->layout->progressive;
    const unsigned dc = entry[1] >> 4, ac = entry[1] & 15;
    struct jpeg_component *component;

    if (index < 0)
        return STATUS_IMAGE_CORRUPT;
    scan->component[n] = (uint8_t)index;
    scan->selectors[n] = entry[1];
    /* The tables in force now: files may redefine a number between scans. */
    scan->dc[n] = jpeg_tables_huffman(&reader->tables, JPEG_DC, dc, standard);
    scan->ac[n] = jpeg_tables_huffman(&reader->tables, JPEG_AC, ac, standard);
    scan->conditioning[JPEG_DC][n] = reader->tables.conditioning[JPEG_DC][dc];
    scan->conditioning[JPEG_AC][n] = reader->tables.conditioning[JPEG_AC][ac];
    component = &reader->layout->component[index];
    if (component->quantization == NULL) {
        const struct jpeg_quantization *in_force =
            &reader->tables.quantization[reader->quantization_id[index]];

        component->quantization = in_force->values;
        component->quantization_wide = in_force->wide;
    }
    return component->quantization == NULL ? STATUS_IMAGE_CORRUPT : 0;
}

/* An MCU holds h x v blocks of each component, at most 10 in all (T.81, B.2.3). */
static bool fits_mcu(const struct jpeg_layout *layout, const struct jpeg_scan *scan)
{
    unsigned blocks = 0;

    for (unsigned n = 0; n < scan->components; n++)
        blocks += layout->component[scan->component[n]].h * layout->component[scan->component[n]].v;
    return scan->components == 1 || blocks <= 10;
}

/* Whether every bit of every component was sent. */
static bool is_complete(const struct marker_reader *reader)
{
    for (unsigned i = 0; reader->has_frame && i < reader->layout->components; i++)
        if (!progression_is_complete(&reader->progression[i]))
            return false;
    return reader->has_frame;
}

static int read_scan_header(struct marker_reader *reader, struct jpeg_scan *scan,
                            const uint8_t *payload, size_t size)
{
    struct jpeg_layout *layout = reader->layout;
    int status;

    if (size < 4 || payload[0] == 0 || payload[0] > layout->components ||
        size != 4 + 2U * payload[0])
        return STATUS_IMAGE_CORRUPT;
    scan->components = payload[0];
    for (unsigned i = 0; i < scan->components; i++)
        if ((status = read_scan_component(reader, scan, i, payload + 1 + 2 * i)) != 0)
            return status;
    scan->restart_interval = reader->restart_interval;
    if (!read_selection(layout, scan, payload + 1 + 2 * scan->components) ||
        !fits_mcu(layout, scan))
        return STATUS_IMAGE_CORRUPT;
    for (unsigned i = 0; i < scan->components; i++)
        if (!progression_advance(&reader->progression[scan->component[i]], scan))
            return STATUS_IMAGE_CORRUPT;
    return 0;
}

/* JPEG_SCANS_MAX is never reached in a valid file: a further scan would send some bit twice, which
 * read_scan_header() refuses. */
static int read_scan(struct marker_reader *reader, const uint8_t *payload, size_t size)
{
    struct jpeg_scan *scan;
    struct bytes coded;

    if (!reader->has_frame)
        return STATUS_IMAGE_CORRUPT;
    if (++reader->scans > reader->max_scans)
        return STATUS_IMAGE_TOO_LARGE;
    coded = jpeg_segments_pass_scan(&reader->segments);
    if (is_complete(reader))
        return 0;
    if (reader->layout->scans == JPEG_SCANS_MAX)
        return STATUS_IMAGE_CORRUPT;
    if ((scan = jpeg_layout_add_scan(reader->layout)) == NULL)
        return -ENOMEM;
    scan->data = coded.data;
    scan->end = coded.data + coded.size;
    return read_scan_header(reader, scan, payload, size);
}

static bool is_application(uint8_t marker)
{
    return marker >= JPEG_APP0 && marker <= JPEG_APP15;
}

/* Application segments count before the first scan, where other decoders look for them. */
static void read_application(struct marker_reader *reader, uint8_t marker, const uint8_t *payload,
                             size_t size)
{
    if (reader->scans > 0)
        return;
    jpeg_application_read(&reader->layout->application, marker, payload, size);
    if (marker == JPEG_APP2)
        jpeg_profile_add(&reader->layout->profile, payload, size);
}

static int read_payload(struct marker_reader *reader, uint8_t marker, const uint8_t *payload,
                        size_t size)
{
    switch (marker) {
    case JPEG_DHT:
        return jpeg_tables_read_huffman(&reader->tables, payload, size);
    case JPEG_DQT:
        return jpeg_tables_read_quantization(&reader->tables, payload, size);
    case JPEG_DAC:
        return jpeg_tables_read_conditioning(&reader->tables, payload, size);
    case JPEG_DRI:
        if (size != 2)
            return STATUS_IMAGE_CORRUPT;
        reader->restart_interval = get_be16(payload);
        return 0;
    case JPEG_SOS:
        return read_scan(reader, payload, size);
    case JPEG_DNL:
        return 0; /* repeats the height that the frame has */
    case JPEG_JPG:
    case JPEG_DHP:
    case JPEG_EXP:
        return STATUS_UNSUPPORTED_FORMAT;
    }
    if (marker >= JPEG_SOF0 && marker <= JPEG_SOF15)
        return read_frame_segment(reader, marker, payload, size);
    if (is_application(marker))
        read_application(reader, marker, payload, size);
    return 0;
}

/* One segment. *done at the end marker. */
static int read_segment(struct marker_reader *reader, bool *done)
{
    struct jpeg_segment segment;

    if (!jpeg_segments_next(&reader->segments, &segment) || segment.marker == JPEG_SOI)
        return STATUS_IMAGE_CORRUPT;
    if (segment.marker == JPEG_EOI) {
        *done = true;
        return 0;
    }
    /* libjpeg takes COM and APPn with a length below its own two bytes for empty ones. */
    if (!segment.whole ||
        (segment.length < 2 && segment.marker != JPEG_COM && !is_application(segment.marker)))
        return STATUS_IMAGE_CORRUPT;
    return read_payload(reader, segment.marker, segment.payload.data, segment.payload.size);
}

static bool is_ycc(const struct jpeg_layout *layout)
{
    const struct jpeg_component *component = layout->component;

    if (layout->components != 3)
        return layout->components < 4;
    return !jpeg_application_is_rgb(
        &layout->application, (const uint8_t[]){component[0].id, component[1].id, component[2].id});
}

/* At least the DC coefficients of all components are needed. Arithmetic coding omits its last
 * zeros, so only the marker after a scan shows that the scan is complete. */
static int check_complete_enough(const struct marker_reader *reader, bool ended)
{
    for (unsigned i = 0; i < reader->layout->components; i++)
        if (reader->progression[i].low[0] < 0)
            return STATUS_IMAGE_CORRUPT;
    return reader->has_frame && (ended || !reader->layout->arithmetic) ? 0 : STATUS_IMAGE_CORRUPT;
}

/* Resets all but the memory of the scans. */
static void begin_layout(struct jpeg_layout *layout)
{
    *layout = (struct jpeg_layout){.application = jpeg_application_begin(),
                                   .scan = layout->scan,
                                   .scans_room = layout->scans_room};
}

int jpeg_read_markers(struct jpeg_layout *layout, const uint8_t *data, size_t size,
                      unsigned max_scans)
{
    struct marker_reader reader = {.layout = layout, .max_scans = max_scans};
    bool done = false;
    int status = 0;

    begin_layout(layout);
    jpeg_tables_begin(&reader.tables);
    if (size < 4 || data[0] != 0xff || data[1] != JPEG_SOI)
        return STATUS_IMAGE_CORRUPT;
    reader.segments = jpeg_segments_begin(data + 2, size - 2);
    while (!done && status == 0)
        status = read_segment(&reader, &done);
    if (status < 0 || status == STATUS_IMAGE_TOO_LARGE || (status != 0 && !is_complete(&reader)))
        return status;
    layout->ycc = is_ycc(layout);
    return check_complete_enough(&reader, done);
}

unsigned jpeg_count_scans(const uint8_t *data, size_t size)
{
    struct jpeg_segments segments = jpeg_segments_begin(data, size);
    struct jpeg_segment segment;
    unsigned scans = 0;

    while (jpeg_segments_next(&segments, &segment) && segment.marker != JPEG_EOI)
        if (segment.marker == JPEG_SOS) {
            scans++;
            jpeg_segments_pass_scan(&segments);
        }
    return scans;
}
