/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/markers.h"

#include "base/status.h"
#include "image/jpeg/metadata.h"
#include "image/jpeg/progression.h"

#include <stddef.h>
#include <string.h>

/*
 * A walk of our own, because what makes the short ways short is knowing the whole file before its
 * first coefficient is decoded: which scans hold only chroma, where the luma's bytes lie, and
 * whether the file is complete at all. The decoder below relies on every bound checked here.
 */

enum marker {
    SOF0 = 0xc0,
    SOF2 = 0xc2,
    DHT = 0xc4,
    JPG = 0xc8,
    SOF9 = 0xc9, /* as SOF0 and SOF2, but arithmetic coding */
    SOF10 = 0xca,
    DAC = 0xcc,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    DNL = 0xdc,
    DRI = 0xdd,
    DHP = 0xde,
    EXP = 0xdf,
    APP0 = 0xe0,
    APP15 = 0xef,
    COM = 0xfe,
    TEM = 0x01,
};

struct walk {
    struct jpeg_layout *layout;
    const uint8_t *at, *end;
    unsigned max_scans;
    unsigned scans; /* counted, also those not remembered */
    bool has_frame;
    unsigned restart_interval;
    struct jpeg_tables tables;
    uint8_t quantization_id[JPEG_COMPONENTS_MAX]; /* which of them each component uses */
    struct jpeg_progression
        progression[JPEG_COMPONENTS_MAX]; /* told so far; in a sequential file too */
};

static unsigned read_u16(const uint8_t *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

/* The blocks of each component, counted as a scan of that component alone has them. */
static void count_blocks(struct jpeg_layout *layout)
{
    for (unsigned i = 0; i < layout->components; i++) {
        struct jpeg_component *component = &layout->component[i];
        uint32_t across = 8U * layout->h_max, down = 8U * layout->v_max;

        component->blocks_across = (layout->width * component->h + across - 1) / across;
        component->blocks_down = (layout->height * component->v + down - 1) / down;
    }
}

static int read_frame(struct walk *walk, uint8_t marker, const uint8_t *payload, size_t size)
{
    struct jpeg_layout *layout = walk->layout;

    if (walk->has_frame)
        return STATUS_IMAGE_CORRUPT;
    if (size < 6 || size != 6 + 3U * payload[5])
        return STATUS_IMAGE_CORRUPT;
    if (marker > SOF2 && marker != SOF9 && marker != SOF10)
        return STATUS_UNSUPPORTED_FORMAT;
    layout->progressive = marker == SOF2 || marker == SOF10;
    layout->arithmetic = marker == SOF9 || marker == SOF10;
    layout->height = read_u16(payload + 1);
    layout->width = read_u16(payload + 3);
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
        walk->quantization_id[i] = entry[2];
        if (component->h - 1U > 3 || component->v - 1U > 3 || entry[2] > 3)
            return STATUS_IMAGE_CORRUPT;
        if (component->h > layout->h_max)
            layout->h_max = component->h;
        if (component->v > layout->v_max)
            layout->v_max = component->v;
        progression_begin(&walk->progression[i]);
    }
    count_blocks(layout);
    walk->has_frame = true;
    return 0;
}

/* Some files give all of their components one name: it means the next one that is not in the scan
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

static int read_scan_component(struct walk *walk, struct jpeg_scan *scan, unsigned n,
                               const uint8_t *entry)
{
    int index = find_component(walk->layout, scan, n, entry[0]);
    const bool standard = !walk->layout->progressive;
    const unsigned dc = entry[1] >> 4, ac = entry[1] & 15;
    struct jpeg_component *component;

    if (index < 0)
        return STATUS_IMAGE_CORRUPT;
    scan->component[n] = (uint8_t)index;
    scan->selectors[n] = entry[1];
    /* Those in force now: files may define the same number again between scans. */
    scan->dc[n] = jpeg_tables_huffman(&walk->tables, JPEG_DC, dc, standard);
    scan->ac[n] = jpeg_tables_huffman(&walk->tables, JPEG_AC, ac, standard);
    scan->conditioning[JPEG_DC][n] = walk->tables.conditioning[JPEG_DC][dc];
    scan->conditioning[JPEG_AC][n] = walk->tables.conditioning[JPEG_AC][ac];
    component = &walk->layout->component[index];
    if (component->quantization == NULL) {
        const struct jpeg_quantization *in_force =
            &walk->tables.quantization[walk->quantization_id[index]];

        component->quantization = in_force->values;
        component->quantization_wide = in_force->wide;
    }
    return component->quantization == NULL ? STATUS_IMAGE_CORRUPT : 0;
}

/* An MCU holds all blocks of its components that one sample of the coarsest covers; at most 10
 * (T.81, B.2.3). */
static bool fits_mcu(const struct jpeg_layout *layout, const struct jpeg_scan *scan)
{
    unsigned blocks = 0;

    for (unsigned n = 0; n < scan->components; n++)
        blocks += layout->component[scan->component[n]].h * layout->component[scan->component[n]].v;
    return scan->components == 1 || blocks <= 10;
}

/* Whether nothing is left to be told. */
static bool is_complete(const struct walk *walk)
{
    for (unsigned i = 0; walk->has_frame && i < walk->layout->components; i++)
        if (!progression_is_complete(&walk->progression[i]))
            return false;
    return walk->has_frame;
}

/* The first marker after `at` that is neither a stuffed byte, a restart nor filling; `end` where
 * there is none. */
static const uint8_t *find_scan_end(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 2) {
        at = memchr(at, 0xff, (size_t)(end - at) - 1);
        if (at == NULL)
            return end;
        if (at[1] == 0xff)
            at += 1;
        else if (at[1] == 0 || (at[1] >= RST0 && at[1] <= RST7))
            at += 2;
        else
            return at;
    }
    return end;
}

static int read_scan_header(struct walk *walk, struct jpeg_scan *scan, const uint8_t *payload,
                            size_t size)
{
    struct jpeg_layout *layout = walk->layout;
    int r;

    if (size < 4 || payload[0] == 0 || payload[0] > layout->components ||
        size != 4 + 2U * payload[0])
        return STATUS_IMAGE_CORRUPT;
    scan->components = payload[0];
    for (unsigned i = 0; i < scan->components; i++)
        if ((r = read_scan_component(walk, scan, i, payload + 1 + 2 * i)) != 0)
            return r;
    scan->restart_interval = walk->restart_interval;
    if (!read_selection(layout, scan, payload + 1 + 2 * scan->components) ||
        !fits_mcu(layout, scan))
        return STATUS_IMAGE_CORRUPT;
    for (unsigned i = 0; i < scan->components; i++)
        if (!progression_advance(&walk->progression[scan->component[i]], scan))
            return STATUS_IMAGE_CORRUPT;
    return 0;
}

/* A scan more than a picture can have tells something twice, which is seen before there are so
 * many. */
static int read_scan(struct walk *walk, const uint8_t *payload, size_t size)
{
    const uint8_t *data = walk->at;
    struct jpeg_scan *scan;

    if (!walk->has_frame)
        return STATUS_IMAGE_CORRUPT;
    if (++walk->scans > walk->max_scans)
        return STATUS_IMAGE_TOO_LARGE;
    walk->at = find_scan_end(data, walk->end);
    if (is_complete(walk))
        return 0;
    if (walk->layout->scans == JPEG_SCANS_MAX)
        return STATUS_IMAGE_CORRUPT;
    scan = &walk->layout->scan[walk->layout->scans++];
    *scan = (struct jpeg_scan){.data = data, .end = walk->at};
    return read_scan_header(walk, scan, payload, size);
}

static int read_segment(struct walk *walk, uint8_t marker, const uint8_t *payload, size_t size)
{
    switch (marker) {
    case DHT:
        return jpeg_tables_read_huffman(&walk->tables, payload, size);
    case DQT:
        return jpeg_tables_read_quantization(&walk->tables, payload, size);
    case DAC:
        return jpeg_tables_read_conditioning(&walk->tables, payload, size);
    case DRI:
        if (size != 2)
            return STATUS_IMAGE_CORRUPT;
        walk->restart_interval = read_u16(payload);
        return 0;
    case SOS:
        return read_scan(walk, payload, size);
    case DNL:
        return 0; /* repeats the height that the frame has */
    case JPG:
    case DHP:
    case EXP:
        return STATUS_UNSUPPORTED_FORMAT;
    }
    if (marker >= SOF0 && marker <= SOF15)
        return read_frame(walk, marker, payload, size);
    if (marker >= APP0 && marker <= APP15 &&
        walk->scans == 0) /* where other decoders look for them */
        jpeg_read_application_segment(walk->layout, marker, payload, size);
    return 0;
}

/* The next marker's code; 0 at the end of the file. Bytes between segments that belong to none are
 * skipped, as every decoder does. */
static uint8_t next_marker(struct walk *walk)
{
    while (walk->end - walk->at >= 2) {
        walk->at = memchr(walk->at, 0xff, (size_t)(walk->end - walk->at) - 1);
        if (walk->at == NULL)
            break;
        if (walk->at[1] != 0 && walk->at[1] != 0xff) {
            walk->at += 2;
            return walk->at[-1];
        }
        walk->at++;
    }
    walk->at = walk->end;
    return 0;
}

/* Without a segment. SOI is another matter where a walk has begun with one. */
static bool stands_alone(uint8_t marker)
{
    return marker == TEM || (marker >= RST0 && marker <= SOI);
}

/* One marker with its segment. *done at the end marker. */
static int walk_marker(struct walk *walk, bool *done)
{
    uint8_t marker = next_marker(walk);
    const uint8_t *payload = walk->at + 2;
    size_t length;

    if (marker == 0 || marker == SOI)
        return STATUS_IMAGE_CORRUPT;
    if (marker == EOI) {
        *done = true;
        return 0;
    }
    if (stands_alone(marker))
        return 0;
    if (walk->end - walk->at < 2)
        return STATUS_IMAGE_CORRUPT;
    length = read_u16(walk->at);
    if (length < 2 && (marker == COM || (marker >= APP0 && marker <= APP15)))
        length = 2; /* whoever wrote less meant nothing, says libjpeg */
    if (length < 2 || length > (size_t)(walk->end - walk->at))
        return STATUS_IMAGE_CORRUPT;
    walk->at += length;
    return read_segment(walk, marker, payload, length - 2);
}

static bool is_ycc(const struct jpeg_layout *layout)
{
    const struct jpeg_component *component = layout->component;

    if (layout->components != 3)
        return layout->components < 4;
    return !jpeg_colours_are_rgb(
        &layout->colours, (const uint8_t[]){component[0].id, component[1].id, component[2].id});
}

/* The DC coefficients of all components, at least. Arithmetic coding leaves its last zeros out, so
 * that whether a scan is all there cannot be seen but by the marker behind it. */
static int check_told(const struct walk *walk, bool ended)
{
    for (unsigned i = 0; i < walk->layout->components; i++)
        if (walk->progression[i].low[0] < 0)
            return STATUS_IMAGE_CORRUPT;
    return walk->has_frame && (ended || !walk->layout->arithmetic) ? 0 : STATUS_IMAGE_CORRUPT;
}

int jpeg_read_markers(struct jpeg_layout *layout, const uint8_t *data, size_t size,
                      unsigned max_scans)
{
    struct walk walk = {.layout = layout, .at = data, .end = data + size, .max_scans = max_scans};
    bool done = false;
    int r = 0;

    memset(layout, 0, offsetof(struct jpeg_layout, scan));
    layout->orientation = 1;
    jpeg_tables_begin(&walk.tables);
    if (size < 4 || data[0] != 0xff || data[1] != SOI)
        return STATUS_IMAGE_CORRUPT;
    walk.at += 2;
    while (!done && r == 0)
        r = walk_marker(&walk, &done);
    if (r != 0 && (r == STATUS_IMAGE_TOO_LARGE || !is_complete(&walk)))
        return r;
    layout->ycc = is_ycc(layout);
    return check_told(&walk, done);
}

unsigned jpeg_count_scans(const uint8_t *data, size_t size)
{
    struct walk walk = {.at = data, .end = data + size};
    unsigned scans = 0;
    uint8_t marker;

    while ((marker = next_marker(&walk)) != 0 && marker != EOI) {
        size_t left = (size_t)(walk.end - walk.at), length;

        if (stands_alone(marker))
            continue;
        length = left < 2 ? left : read_u16(walk.at);
        walk.at += length < left ? length : left;
        if (marker != SOS)
            continue;
        scans++;
        walk.at = find_scan_end(walk.at, walk.end);
    }
    return scans;
}
