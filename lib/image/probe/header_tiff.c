/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/header.h"

#include "base/cleanup.h"
#include "base/status.h"

#include <errno.h>
#include <stdio.h>

/*
 * TIFF 6.0 and BigTIFF, both byte orders: a chain of directories, one a page. The first page
 * decides size and kind. Further pages are counted only while all are of its size and kind: what is
 * not alike (a thumbnail, a mask) is no part of the same picture, and then only the first page is
 * taken.
 *
 * Whether a TIFF is supported is decided here and nowhere else; vips/load_tiff.c relies on it.
 */
enum {
    TYPE_BYTE = 1,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    TYPE_LONG8 = 16,
    MAX_PAGES = 10000,
    MAX_SAMPLES = 8,
};

struct tiff {
    struct bytes input;
    bool big_endian;
    bool big;              /* BigTIFF: 8-byte offsets */
    uint64_t entries_left; /* as many as fit the input: directories that overlap end the walk */
    uint64_t counts_left;  /* the same for byte counts of strips and tiles */
};

/* The tags that are looked at. Of one that is there twice, libtiff takes the first. */
enum tag {
    WIDTH,
    HEIGHT,
    BITS,
    COMPRESSION,
    PHOTOMETRIC,
    ORIENTATION,
    SAMPLES,
    STRIP_ROWS,
    STRIP_BYTES,
    PLANES,
    TILE_WIDTH,
    TILE_HEIGHT,
    TILE_BYTES,
    INKS,
    EXTRA_SAMPLES,
    SAMPLE_FORMAT,
    TAGS
};

/* Number, and what it is worth where it is not there (TIFF 6.0, section 8; YCbCr: section 21). */
static const struct {
    uint16_t number, otherwise;
} tags[TAGS] = {
    [WIDTH] = {256, 0},
    [HEIGHT] = {257, 0},
    [BITS] = {258, 1}, /* one number for each sample */
    [COMPRESSION] = {259, 1},
    [PHOTOMETRIC] = {262, 0},
    [ORIENTATION] = {274, 1},
    [SAMPLES] = {277, 1},
    [STRIP_ROWS] = {278, UINT16_MAX},
    [STRIP_BYTES] = {279, 0},
    [PLANES] = {284, 1},
    [TILE_WIDTH] = {322, 0},
    [TILE_HEIGHT] = {323, 0},
    [TILE_BYTES] = {325, 0},
    [INKS] = {332, 1},
    [EXTRA_SAMPLES] = {338, 0},
    [SAMPLE_FORMAT] = {339, 1}, /* one number for each sample */
};

/* Where a tag's numbers lie; count 0: it is not there, or is no unsigned number. */
struct values {
    uint64_t at, count;
    unsigned width; /* bytes of each */
};

struct page {
    struct values tags[TAGS];
    uint64_t next; /* offset of the next directory; 0: none */
};

/* --- directories
 * ---------------------------------------------------------------------------------- */

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

static unsigned width_of(uint64_t type)
{
    switch (type) {
    case TYPE_BYTE:
        return 1;
    case TYPE_SHORT:
        return 2;
    case TYPE_LONG:
        return 4;
    case TYPE_LONG8:
        return 8;
    default:
        return 0;
    }
}

/* Where the numbers of the entry at `at` lie: in it if they fit. 0 or STATUS_IMAGE_CORRUPT. */
static int find_values(const struct tiff *tiff, uint64_t at, struct values *values)
{
    unsigned room = tiff->big ? 8 : 4;
    uint64_t count = get(tiff, at + 4, room), size;

    *values = (struct values){.at = at + 4 + room, .width = width_of(get(tiff, at + 2, 2))};
    if (values->width == 0)
        return 0;
    if (__builtin_mul_overflow(count, values->width, &size))
        return STATUS_IMAGE_CORRUPT;
    if (size > room)
        values->at = get(tiff, values->at, room);
    values->count = count;
    return bytes_have(tiff->input, values->at, size) ? 0 : STATUS_IMAGE_CORRUPT;
}

static int note_entry(const struct tiff *tiff, uint64_t at, struct page *page)
{
    uint64_t number = get(tiff, at, 2);

    for (unsigned tag = 0; tag < TAGS; tag++) {
        if (tags[tag].number == number && page->tags[tag].count == 0)
            return find_values(tiff, at, &page->tags[tag]);
    }
    return 0;
}

static uint64_t value_at(const struct tiff *tiff, const struct values *values, uint64_t index)
{
    return get(tiff, values->at + index * values->width, values->width);
}

/* The first number of a tag, or what it is worth where it is not there. */
static uint64_t value(const struct tiff *tiff, const struct page *page, enum tag tag)
{
    return page->tags[tag].count > 0 ? value_at(tiff, &page->tags[tag], 0) : tags[tag].otherwise;
}

/* The directory at `offset`. Where the file ends right behind its entries there is no next one. 0;
 * STATUS_IMAGE_CORRUPT: it is not in the file; -ELOOP: directories that overlap. */
static int read_page(struct tiff *tiff, uint64_t offset, struct page *page)
{
    unsigned count_bytes = tiff->big ? 8 : 2, entry_bytes = tiff->big ? 20 : 12;
    unsigned offset_bytes = tiff->big ? 8 : 4;
    uint64_t entries, at, end;
    int status = 0;

    *page = (struct page){0};
    if (!bytes_have(tiff->input, offset, count_bytes))
        return STATUS_IMAGE_CORRUPT;
    entries = get(tiff, offset, count_bytes);
    at = offset + count_bytes;
    if (entries > tiff->input.size / entry_bytes ||
        !bytes_have(tiff->input, at, entries * entry_bytes))
        return STATUS_IMAGE_CORRUPT;
    if (entries > tiff->entries_left)
        return -ELOOP;
    tiff->entries_left -= entries;

    for (end = entries * entry_bytes + at; at < end && status == 0; at += entry_bytes)
        status = note_entry(tiff, at, page);
    page->next = bytes_have(tiff->input, end, offset_bytes) ? get(tiff, end, offset_bytes) : 0;
    return status;
}

/* --- strips and tiles
 * ------------------------------------------------------------------------------ */

/* Numbers that saturate. */
static uint64_t multiply(uint64_t a, uint64_t b)
{
    return __builtin_mul_overflow(a, b, &a) ? UINT64_MAX : a;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return __builtin_add_overflow(a, b, &a) ? UINT64_MAX : a;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return b == 0 ? 0 : a / b + (a % b != 0);
}

static uint64_t count_blocks(const struct tiff *tiff, const struct page *page, bool tiled)
{
    uint64_t width = value(tiff, page, WIDTH), height = value(tiff, page, HEIGHT);
    uint64_t blocks = tiled ? multiply(divide_up(width, value(tiff, page, TILE_WIDTH)),
                                       divide_up(height, value(tiff, page, TILE_HEIGHT)))
                            : divide_up(height, value(tiff, page, STRIP_ROWS));

    return multiply(blocks, value(tiff, page, PLANES) == 2 ? value(tiff, page, SAMPLES) : 1);
}

/* Bytes of strips or tiles that the page says to have, at least as many as it needs. */
static uint64_t count_bytes(struct tiff *tiff, const struct page *page)
{
    bool tiled = page->tags[TILE_WIDTH].count > 0;
    const struct values *counts = &page->tags[tiled ? TILE_BYTES : STRIP_BYTES];
    uint64_t blocks = count_blocks(tiff, page, tiled), bytes = 0;

    if (value(tiff, page, COMPRESSION) == IMAGE_TIFF_PLAIN) { /* the counts of some are too large */
        bytes = multiply(value(tiff, page, WIDTH), value(tiff, page, BITS));
        bytes = multiply(bytes, value(tiff, page, SAMPLES));
        return multiply(divide_up(bytes, 8), value(tiff, page, HEIGHT));
    }
    blocks = blocks < counts->count ? blocks : counts->count;
    if (blocks > tiff->counts_left)
        return UINT64_MAX;
    tiff->counts_left -= blocks;
    for (uint64_t i = 0; i < blocks; i++)
        bytes = add(bytes, value_at(tiff, counts, i));
    return bytes;
}

/* --- kinds
 * ----------------------------------------------------------------------------------------- */

/* Whether the next page can be a frame of the same picture. */
static bool is_alike(const struct tiff *tiff, const struct page *page, const struct page *first)
{
    static const enum tag kind[] = {WIDTH,   HEIGHT, BITS,          PHOTOMETRIC,  ORIENTATION,
                                    SAMPLES, INKS,   EXTRA_SAMPLES, SAMPLE_FORMAT};

    for (size_t i = 0; i < ARRAY_LENGTH(kind); i++) {
        if (value(tiff, page, kind[i]) != value(tiff, first, kind[i]) ||
            (page->tags[kind[i]].count == 0) != (first->tags[kind[i]].count == 0))
            return false;
    }
    return true;
}

/* How many pages there are, all of the first one's size and kind; 1 where they differ or go round
 * in a circle. 0 or STATUS_IMAGE_CORRUPT: a page is not in the file, which was cut off. */
static int count_pages(struct tiff *tiff, const struct page *first, struct image_header *header)
{
    uint64_t first_bytes = count_bytes(tiff, first), bytes = first_bytes;
    struct page page = *first;
    uint32_t pages;
    bool alike = true;
    int status = 0;

    for (pages = 1; page.next != 0 && pages < MAX_PAGES; pages++) {
        if ((status = read_page(tiff, page.next, &page)) != 0)
            break;
        alike = alike && is_alike(tiff, &page, first);
        if (alike)
            bytes = add(bytes, count_bytes(tiff, &page));
    }
    if (!alike || page.next != 0)
        pages = 1;
    header->frames = pages;
    header->stored_bytes = pages > 1 ? bytes : first_bytes;
    return status == STATUS_IMAGE_CORRUPT ? status : 0;
}

/* Why libtiff is not asked to decode this, which may be sound. */
static int refuse_compression(struct image_header *header)
{
    static const struct {
        uint16_t number;
        const char *name;
    } names[] = {
        {6, "old-style JPEG"}, {9, "JBIG"},        {10, "JBIG"},         {32908, "PixarFilm"},
        {32909, "PixarLog"},   {32947, "DCS"},     {33003, "JPEG 2000"}, {33005, "JPEG 2000"},
        {34676, "SGI Log"},    {34677, "SGI Log"}, {34712, "JPEG 2000"}, {34892, "lossy DNG JPEG"},
        {50002, "JPEG XL"},    {52546, "JPEG XL"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (names[i].number == header->compression)
            return image_refuse(header, "a TIFF with %s compression", names[i].name);
    }
    return image_refuse(header, "a TIFF with compression %u", header->compression);
}

static int check_compression(struct image_header *header)
{
    static const uint16_t known[] = {
        IMAGE_TIFF_PLAIN,
        2,
        IMAGE_TIFF_FAX3,
        IMAGE_TIFF_FAX4,
        IMAGE_TIFF_LZW,
        IMAGE_TIFF_JPEG,
        IMAGE_TIFF_DEFLATE,
        32766 /* NeXT */,
        32771 /* RLE with word alignment */,
        IMAGE_TIFF_PACKBITS,
        32809 /* ThunderScan */,
        IMAGE_TIFF_OLD_DEFLATE,
        34661 /* JBIG */,
        IMAGE_TIFF_LZMA,
        34887 /* LERC */,
        IMAGE_TIFF_ZSTD,
        50001 /* WebP */,
    };

    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (known[i] == header->compression)
            return 0;
    }
    return refuse_compression(header);
}

static int check_format(const struct tiff *tiff, const struct page *page,
                        struct image_header *header)
{
    enum { UNSIGNED = 1, SIGNED, FLOAT, UNKNOWN, COMPLEX_SIGNED, COMPLEX };

    switch (value(tiff, page, SAMPLE_FORMAT)) {
    case UNSIGNED:
    case UNKNOWN: /* "undefined": readers take it for unsigned */
        return 0;
    case SIGNED:
        return image_refuse(header, "a TIFF of signed samples of %u bits", header->bits);
    case FLOAT:
        return image_refuse(header, "a TIFF of floating-point samples of %u bits", header->bits);
    case COMPLEX_SIGNED:
    case COMPLEX:
        return image_refuse(header, "a TIFF of complex samples of %u bits", header->bits);
    default:
        return image_refuse(header, "a TIFF of an unknown sample format");
    }
}

static int check_samples(const struct tiff *tiff, const struct page *page,
                         struct image_header *header)
{
    const struct values *bits = &page->tags[BITS];

    if (header->samples == 0)
        return STATUS_IMAGE_CORRUPT;
    if (header->samples > MAX_SAMPLES)
        return image_refuse(header, "a TIFF of %u samples a pixel", header->samples);
    for (uint64_t i = 1; i < bits->count && i < header->samples; i++) {
        if (value_at(tiff, bits, i) != header->bits)
            return image_refuse(header, "a TIFF whose samples differ in their bits");
    }
    if (header->bits != 16 && header->bits != 8 && header->bits != 4 && header->bits != 2 &&
        header->bits != 1)
        return image_refuse(header, "a TIFF with samples of %u bits", header->bits);
    if (header->bits < 8 && header->samples > 1)
        return image_refuse(header, "a TIFF of %u samples of %u bits", header->samples,
                            header->bits);
    return 0;
}

/* What the samples are: as many of them as it needs, or why not. */
static int check_photometric(const struct tiff *tiff, const struct page *page,
                             struct image_header *header)
{
    bool jpeg = header->compression == IMAGE_TIFF_JPEG;
    unsigned colours = 1;

    switch (header->photometric) {
    case IMAGE_TIFF_WHITE_IS_ZERO:
    case IMAGE_TIFF_BLACK_IS_ZERO:
        break;
    case IMAGE_TIFF_PALETTE:
        if (header->samples > 1 || header->bits > 8)
            return image_refuse(header, "a TIFF with a palette, %u samples of %u bits",
                                header->samples, header->bits);
        break;
    case IMAGE_TIFF_RGB:
        colours = 3;
        break;
    case IMAGE_TIFF_INKS:
        if (value(tiff, page, INKS) != 1)
            return image_refuse(header, "a TIFF of inks other than CMYK");
        colours = 4;
        break;
    case IMAGE_TIFF_YCBCR: /* libtiff decodes those of JPEG to RGB */
        if (!jpeg || value(tiff, page, PLANES) == 2)
            return image_refuse(header, "a TIFF of YCbCr %s",
                                jpeg ? "in planes" : "that is not JPEG-compressed");
        if (header->bits != 8)
            return image_refuse(header, "a TIFF of YCbCr of %u bits", header->bits);
        colours = 3;
        break;
    case IMAGE_TIFF_LAB:
        if (header->samples != 3)
            return image_refuse(header, "a TIFF of Lab with %u samples", header->samples);
        colours = 3;
        break;
    default:
        return image_refuse(header, "a TIFF with photometric interpretation %u",
                            header->photometric);
    }
    return header->samples < colours ? STATUS_IMAGE_CORRUPT : 0;
}

/* Where the file does not say what its samples mean, their number does, as in libtiff's own RGBA
 * reader; but not that of four. */
static int guess_photometric(struct image_header *header, unsigned extra_samples)
{
    switch (header->samples - extra_samples) {
    case 1:
        header->photometric = header->compression >= 2 && header->compression <= 4
                                  ? IMAGE_TIFF_WHITE_IS_ZERO
                                  : IMAGE_TIFF_BLACK_IS_ZERO;
        return 0;
    case 3:
        header->photometric = IMAGE_TIFF_RGB;
        return 0;
    default:
        return image_refuse(header, "a TIFF of %u samples that does not say what they mean",
                            header->samples);
    }
}

static uint16_t narrow(uint64_t value)
{
    return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

static int read_kind(const struct tiff *tiff, const struct page *page, struct image_header *header)
{
    const struct values *extra = &page->tags[EXTRA_SAMPLES];
    int status;

    header->bits = narrow(value(tiff, page, BITS));
    header->samples = narrow(value(tiff, page, SAMPLES));
    header->compression = narrow(value(tiff, page, COMPRESSION));
    header->photometric = narrow(value(tiff, page, PHOTOMETRIC));
    header->premultiplied = extra->count > 0 && value_at(tiff, extra, 0) == 1;
    if ((status = check_compression(header)) != 0 ||
        (status = check_format(tiff, page, header)) != 0 ||
        (status = check_samples(tiff, page, header)) != 0)
        return status;
    if (page->tags[PHOTOMETRIC].count == 0 &&
        (status = guess_photometric(header, narrow(extra->count))) != 0)
        return status;
    return check_photometric(tiff, page, header);
}

int header_read_tiff(struct bytes input, struct image_header *header)
{
    struct tiff tiff = {
        .input = input,
        .big_endian = input.data[0] == 'M',
        .big = input.data[2] == '+' || input.data[3] == '+',
        .entries_left = input.size / 12,
        .counts_left = input.size,
    };
    struct page page;
    uint64_t width, height;
    int status;

    if (!bytes_have(input, 0, tiff.big ? 16 : 8) ||
        read_page(&tiff, tiff.big ? get(&tiff, 8, 8) : get(&tiff, 4, 4), &page) != 0)
        return STATUS_IMAGE_CORRUPT;
    width = value(&tiff, &page, WIDTH);
    height = value(&tiff, &page, HEIGHT);
    if (width > INT32_MAX || height > INT32_MAX)
        return STATUS_IMAGE_CORRUPT;
    header->width = (uint32_t)width;
    header->height = (uint32_t)height;
    if ((status = read_kind(&tiff, &page, header)) != 0)
        return status;
    return count_pages(&tiff, &page, header);
}
