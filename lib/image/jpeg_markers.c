/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_markers.h"

#include "base/status.h"
#include "image/jpeg_metadata.h"

#include <errno.h>
#include <string.h>

/*
 * A walk of our own, because what makes the short ways short is knowing the whole file before its
 * first coefficient is decoded: which scans hold only chroma, where the luma's bytes lie, and
 * whether the file is complete at all. The decoder below relies on every bound checked here.
 */

enum marker {
    SOF0 = 0xc0,
    SOF1 = 0xc1,
    SOF2 = 0xc2,
    DHT = 0xc4,
    JPG = 0xc8,
    SOF9 = 0xc9,               /* as SOF1 and SOF2, but arithmetic coding */
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
    TEM = 0x01,
};

struct walk {
    struct jpeg_layout *layout;
    const uint8_t *at, *end;
    unsigned max_scans;
    unsigned scans;            /* counted, also those not remembered */
    bool has_frame;
    unsigned restart_interval;
    struct jpeg_table dc[4], ac[4];
    struct {
        const uint8_t *values;
        bool wide;
    } quantization[4];
    uint8_t quantization_id[JPEG_COMPONENTS_MAX]; /* which of them each component uses */
};

static unsigned read_u16(const uint8_t *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

/* A DQT segment: any number of tables. */
static int read_quantization(struct walk *walk, const uint8_t *payload, size_t size)
{
    while (size > 0) {
        unsigned id = payload[0] & 15, wide = payload[0] >> 4;
        size_t length = wide ? 128 : 64;

        if (id > 3 || wide > 1 || size < 1 + length)
            return STATUS_IMAGE_CORRUPT;
        walk->quantization[id].values = payload + 1;
        walk->quantization[id].wide = wide;
        payload += 1 + length;
        size -= 1 + length;
    }
    return 0;
}

/* A DHT segment: any number of tables. Whether the codes make sense is seen when one is used. */
static int read_huffman(struct walk *walk, const uint8_t *payload, size_t size)
{
    while (size > 0) {
        unsigned id = payload[0] & 15, class = payload[0] >> 4, values = 0;
        struct jpeg_table *table;

        if (id > 3 || class > 1 || size < 17)
            return STATUS_IMAGE_CORRUPT;
        for (unsigned length = 1; length <= 16; length++)
            values += payload[length];
        if (values > 256 || size < 17 + values)
            return STATUS_IMAGE_CORRUPT;
        table = class ? &walk->ac[id] : &walk->dc[id];
        table->counts = payload + 1;
        table->values = values;
        payload += 17 + values;
        size -= 17 + values;
    }
    return 0;
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
    layout->progressive = marker == SOF2 || marker == SOF10;
    layout->arithmetic = marker == SOF9 || marker == SOF10;
    layout->height = read_u16(payload + 1);
    layout->width = read_u16(payload + 3);
    layout->components = payload[5];
    if (layout->width == 0 || layout->components == 0)
        return STATUS_IMAGE_CORRUPT;
    if ((marker > SOF2 && !layout->arithmetic) || payload[0] != 8 || layout->height == 0 ||
        (layout->components != 1 && layout->components != 3))
        return -ENOTSUP;
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
    }
    count_blocks(layout);
    walk->has_frame = true;
    return 0;
}

static int find_component(const struct jpeg_layout *layout, uint8_t id)
{
    for (unsigned i = 0; i < layout->components; i++)
        if (layout->component[i].id == id)
            return (int)i;
    return -1;
}

/* Spectral selection and successive approximation as T.81, G.1.1.1 allows them. */
static bool scan_is_legal(const struct jpeg_layout *layout, const struct jpeg_scan *scan)
{
    if (!layout->progressive)
        return true; /* the four numbers mean nothing there, and files carry odd ones */
    if (scan->first > scan->last || scan->last > 63 || scan->low > 13)
        return false;
    if (scan->first == 0 && scan->last != 0)
        return false;
    if (scan->first > 0 && scan->components != 1)
        return false;
    return scan->high == 0 || scan->high == scan->low + 1;
}

/* Tables are those in force now: files may define the same number again between scans. A number that no
 * table can have counts only where the scan needs one. */
static struct jpeg_table find_table(const struct jpeg_table tables[4], unsigned number)
{
    return number < 4 ? tables[number] : (struct jpeg_table){0};
}

static int read_scan_component(struct walk *walk, struct jpeg_scan *scan, unsigned n,
                               const uint8_t *entry)
{
    int index = find_component(walk->layout, entry[0]);
    struct jpeg_component *component;

    if (index < 0)
        return STATUS_IMAGE_CORRUPT;
    for (unsigned i = 0; i < n; i++)
        if (scan->component[i] == index)
            return STATUS_IMAGE_CORRUPT;
    scan->component[n] = (uint8_t)index;
    scan->dc[n] = find_table(walk->dc, entry[1] >> 4);
    scan->ac[n] = find_table(walk->ac, entry[1] & 15);
    component = &walk->layout->component[index];
    if (component->quantization == NULL) {
        component->quantization = walk->quantization[walk->quantization_id[index]].values;
        component->quantization_wide = walk->quantization[walk->quantization_id[index]].wide;
    }
    return component->quantization == NULL ? STATUS_IMAGE_CORRUPT : 0;
}

/* The first marker after `at` that is neither a stuffed byte, a restart nor filling; NULL: none. */
static const uint8_t *find_scan_end(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 2) {
        at = memchr(at, 0xff, (size_t)(end - at) - 1);
        if (at == NULL)
            return NULL;
        if (at[1] == 0xff)
            at += 1;
        else if (at[1] == 0 || (at[1] >= RST0 && at[1] <= RST7))
            at += 2;
        else
            return at;
    }
    return NULL;
}

static int read_scan(struct walk *walk, const uint8_t *payload, size_t size)
{
    struct jpeg_layout *layout = walk->layout;
    struct jpeg_scan *scan;
    int r;

    if (!walk->has_frame)
        return STATUS_IMAGE_CORRUPT;
    if (++walk->scans > walk->max_scans)
        return STATUS_IMAGE_TOO_LARGE;
    if (walk->scans > JPEG_SCANS_MAX)
        return -ENOTSUP;
    scan = &layout->scan[layout->scans++];
    if (size < 4 || payload[0] == 0 || payload[0] > layout->components ||
        size != 4 + 2U * payload[0])
        return STATUS_IMAGE_CORRUPT;
    scan->components = payload[0];
    for (unsigned i = 0; i < scan->components; i++)
        if ((r = read_scan_component(walk, scan, i, payload + 1 + 2 * i)) != 0)
            return r;
    payload += 1 + 2 * scan->components;
    scan->first = payload[0];
    scan->last = payload[1];
    scan->high = payload[2] >> 4;
    scan->low = payload[2] & 15;
    scan->restart_interval = walk->restart_interval;
    if (!scan_is_legal(layout, scan))
        return STATUS_IMAGE_CORRUPT;
    scan->data = walk->at;
    scan->end = find_scan_end(walk->at, walk->end);
    if (scan->end == NULL)
        return STATUS_IMAGE_CORRUPT;
    walk->at = scan->end;
    return 0;
}

static int read_segment(struct walk *walk, uint8_t marker, const uint8_t *payload, size_t size)
{
    switch (marker) {
    case DHT:
        return read_huffman(walk, payload, size);
    case DQT:
        return read_quantization(walk, payload, size);
    case DRI:
        if (size != 2)
            return STATUS_IMAGE_CORRUPT;
        walk->restart_interval = read_u16(payload);
        return 0;
    case SOS:
        return read_scan(walk, payload, size);
    case DAC:
        return 0;
    case JPG:
    case DNL:
    case DHP:
    case EXP:
        return -ENOTSUP;
    }
    if (marker >= SOF0 && marker <= SOF15)
        return read_frame(walk, marker, payload, size);
    if (marker >= APP0 && marker <= APP15)
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
    if (marker == TEM || (marker >= RST0 && marker <= RST7))
        return 0;
    if (walk->end - walk->at < 2)
        return STATUS_IMAGE_CORRUPT;
    length = read_u16(walk->at);
    if (length < 2 && marker >= APP0 && marker <= APP15)
        length = 2; /* whoever wrote less meant nothing, says libjpeg */
    if (length < 2 || length > (size_t)(walk->end - walk->at))
        return STATUS_IMAGE_CORRUPT;
    walk->at += length;
    return read_segment(walk, marker, payload, length - 2);
}

/* How three components are told to be Y, Cb and Cr: as libjpeg does it, for files in the wild rely
 * on that. */
static bool is_ycc(const struct jpeg_layout *layout)
{
    const struct jpeg_component *component = layout->component;

    if (layout->components == 1 || layout->has_jfif)
        return true;
    if (layout->has_adobe)
        return layout->adobe_transform == 1;
    return !(component[0].id == 'R' && component[1].id == 'G' && component[2].id == 'B');
}

int jpeg_read_markers(struct jpeg_layout *layout, const uint8_t *data, size_t size,
                      unsigned max_scans)
{
    struct walk walk = {.layout = layout, .at = data, .end = data + size, .max_scans = max_scans};
    bool done = false;
    int r;

    memset(layout, 0, sizeof(*layout));
    layout->orientation = 1;
    if (size < 4 || data[0] != 0xff || data[1] != SOI)
        return STATUS_IMAGE_CORRUPT;
    walk.at += 2;
    while (!done)
        if ((r = walk_marker(&walk, &done)) != 0)
            return r;
    if (layout->scans == 0)
        return STATUS_IMAGE_CORRUPT;
    return is_ycc(layout) ? 0 : -ENOTSUP;
}
