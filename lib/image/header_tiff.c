/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/header.h"

#include "base/status.h"

#include <errno.h>

/*
 * TIFF 6.0 and BigTIFF, both byte orders: a chain of directories, one a page. The size is that of
 * the first page. Further pages are counted only while they have its size: what is not alike (a
 * thumbnail, a mask) is no part of the same picture, and then only the first page is taken.
 */
enum {
    TYPE_BYTE = 1,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    TYPE_LONG8 = 16,
    MAX_PAGES = 10000,
};

struct tiff {
    struct bytes input;
    bool big_endian;
    bool big;                  /* BigTIFF: 8-byte offsets */
    uint64_t entries_left;     /* as many as fit the input: directories that overlap end the walk */
};

/* The tags that are looked at. Of one that is there twice, libtiff takes the first. */
enum tag { WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANES, TILE_WIDTH, TAGS };

static const uint16_t tag_numbers[TAGS] = {
    [WIDTH] = 256,
    [HEIGHT] = 257,
    [BITS] = 258,              /* per sample: one number for each, of which the first counts */
    [COMPRESSION] = 259,
    [PHOTOMETRIC] = 262,
    [SAMPLES] = 277,
    [PLANES] = 284,
    [TILE_WIDTH] = 322,
};

struct page {
    uint64_t values[TAGS];     /* 0 for what is not there */
    bool has[TAGS];
    uint64_t next;             /* offset of the next directory; 0: none */
};

static uint64_t get(const struct tiff *tiff, uint64_t at, unsigned width)
{
    const uint8_t *data = tiff->input.data + at;

    switch (width) {
    case 1:
        return data[0];
    case 2:
        return tiff->big_endian ? get_be16(data) : get_le16(data);
    case 4:
        return tiff->big_endian ? get_be32(data) : get_le32(data);
    default:
        return tiff->big_endian ? get_be64(data) : get_le64(data);
    }
}

/* The first number of the entry at `at`; 0 for a type that is no unsigned number, or none there. */
static uint64_t get_value(const struct tiff *tiff, uint64_t at)
{
    unsigned type = (unsigned)get(tiff, at + 2, 2), offset_bytes = tiff->big ? 8 : 4;
    uint64_t count = get(tiff, at + 4, offset_bytes);

    at += 4 + offset_bytes;
    if (type == TYPE_SHORT && count > offset_bytes / 2) { /* they lie elsewhere */
        at = get(tiff, at, offset_bytes);
        if (!bytes_have(tiff->input, at, 2))
            return 0;
    }
    switch (type) {
    case TYPE_BYTE:
        return get(tiff, at, 1);
    case TYPE_SHORT:
        return get(tiff, at, 2);
    case TYPE_LONG:
        return get(tiff, at, 4);
    case TYPE_LONG8:
        return tiff->big ? get(tiff, at, 8) : 0;
    default:
        return 0;
    }
}

static void note_entry(const struct tiff *tiff, uint64_t at, struct page *page)
{
    uint64_t number = get(tiff, at, 2);

    for (unsigned tag = 0; tag < TAGS; tag++) {
        if (tag_numbers[tag] != number || page->has[tag])
            continue;
        page->values[tag] = get_value(tiff, at);
        page->has[tag] = true;
    }
}

/* The directory at `offset`. 0; STATUS_IMAGE_CORRUPT: it is not in the file; -ELOOP: directories that
 * overlap. */
static int read_page(struct tiff *tiff, uint64_t offset, struct page *page)
{
    unsigned count_bytes = tiff->big ? 8 : 2, entry_bytes = tiff->big ? 20 : 12;
    unsigned offset_bytes = tiff->big ? 8 : 4;
    uint64_t entries, at, end;

    *page = (struct page){0};
    if (!bytes_have(tiff->input, offset, count_bytes))
        return STATUS_IMAGE_CORRUPT;
    entries = get(tiff, offset, count_bytes);
    at = offset + count_bytes;
    if (entries > tiff->input.size / entry_bytes ||
        !bytes_have(tiff->input, at, entries * entry_bytes + offset_bytes))
        return STATUS_IMAGE_CORRUPT;
    if (entries > tiff->entries_left)
        return -ELOOP;
    tiff->entries_left -= entries;

    for (end = entries * entry_bytes + at; at < end; at += entry_bytes)
        note_entry(tiff, at, page);
    page->next = get(tiff, at, offset_bytes);
    return 0;
}

/* How many pages there are, all of the first one's size; 1 where they differ or go round in a circle.
 * 0 or STATUS_IMAGE_CORRUPT: a page is not in the file, which was cut off. */
static int count_pages(struct tiff *tiff, const struct page *first, uint32_t *pages)
{
    struct page page = *first;
    bool alike = true;
    int status = 0;

    for (*pages = 1; page.next != 0 && *pages < MAX_PAGES; ++*pages) {
        if ((status = read_page(tiff, page.next, &page)) != 0)
            break;
        alike = alike && page.values[WIDTH] == first->values[WIDTH] &&
                page.values[HEIGHT] == first->values[HEIGHT];
    }
    if (!alike || page.next != 0)
        *pages = 1;
    return status == STATUS_IMAGE_CORRUPT ? status : 0;
}

/* libvips takes planes of samples, but for tiles, and for gray with alpha. */
static bool has_odd_planes(const struct page *page)
{
    enum { SEPARATE = 2, BLACK_IS_ZERO = 1 };

    return page->values[PLANES] == SEPARATE && page->values[SAMPLES] > 1 &&
           (page->has[TILE_WIDTH] || page->values[PHOTOMETRIC] <= BLACK_IS_ZERO);
}

int header_read_tiff(struct bytes input, struct image_header *header)
{
    struct tiff tiff = {
        .input = input,
        .big_endian = input.data[0] == 'M',
        .big = input.data[2] == '+' || input.data[3] == '+',
    };
    struct page page;
    uint64_t first;

    if (!bytes_have(input, 0, tiff.big ? 16 : 8))
        return STATUS_IMAGE_CORRUPT;
    tiff.entries_left = input.size / 12;
    first = tiff.big ? get(&tiff, 8, 8) : get(&tiff, 4, 4);
    if (read_page(&tiff, first, &page) != 0 || page.values[WIDTH] > INT32_MAX ||
        page.values[HEIGHT] > INT32_MAX)
        return STATUS_IMAGE_CORRUPT;

    header->width = (uint32_t)page.values[WIDTH];
    header->height = (uint32_t)page.values[HEIGHT];
    header->bits = page.values[BITS] == 0 ? 1 : (uint16_t)page.values[BITS]; /* TIFF's own default */
    header->compression = (uint16_t)page.values[COMPRESSION];
    header->planes = has_odd_planes(&page);
    return count_pages(&tiff, &page, &header->frames);
}
