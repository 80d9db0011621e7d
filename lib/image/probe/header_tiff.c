/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/probe/tiff_page.h"

/*
 * The first page decides size and kind. Further pages are counted only while all have its size and
 * kind: any other (a thumbnail, a mask) is not part of the same image, and then only the first page
 * is used.
 *
 * Whether a TIFF is supported is decided here and nowhere else; vips/load_tiff.c relies on it.
 */
enum { MAX_PAGES = 10000, MAX_SAMPLES = 8 };

/* --- bytes
 * ----------------------------------------------------------------------------------------- */

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return __builtin_add_overflow(a, b, &a) ? UINT64_MAX : a;
}

/* Bytes that the page's strips or tiles claim to have, at least as many as it needs. *counts_left
 * is how many byte counts the input has room for. */
static uint64_t count_bytes(const struct tiff_pages *pages, const struct tiff_page *page,
                            uint64_t *counts_left)
{
    const enum tiff_tag counts = tiff_is_tiled(page) ? TAG_TILE_BYTES : TAG_STRIP_BYTES;
    uint64_t blocks = tiff_count_blocks(pages, page), bytes = 0;

    if (tiff_value(pages, page, TAG_COMPRESSION) == IMAGE_TIFF_PLAIN) {
        /* some files have counts that are too large */
        bytes = multiply_saturating(tiff_value(pages, page, TAG_WIDTH),
                                    tiff_value(pages, page, TAG_BITS));
        bytes = multiply_saturating(bytes, tiff_value(pages, page, TAG_SAMPLES));
        bytes = bytes / 8 + (bytes % 8 != 0);
        return multiply_saturating(bytes, tiff_value(pages, page, TAG_HEIGHT));
    }
    if (blocks > page->tags[counts].count)
        blocks = page->tags[counts].count;
    if (blocks > *counts_left)
        return UINT64_MAX;
    *counts_left -= blocks;
    for (uint64_t i = 0; i < blocks; i++)
        bytes = add_saturating(bytes, tiff_value_at(pages, page, counts, i));
    return bytes;
}

/* --- kinds
 * ----------------------------------------------------------------------------------------- */

/* Whether a page can be a frame of the same image. */
static bool is_alike(const struct tiff_pages *pages, const struct tiff_page *page,
                     const struct tiff_page *first)
{
    static const enum tiff_tag kind[] = {TAG_WIDTH,       TAG_HEIGHT,        TAG_BITS,
                                         TAG_PHOTOMETRIC, TAG_ORIENTATION,   TAG_SAMPLES,
                                         TAG_INKS,        TAG_EXTRA_SAMPLES, TAG_SAMPLE_FORMAT};

    for (size_t i = 0; i < ARRAY_LENGTH(kind); i++) {
        if (tiff_value(pages, page, kind[i]) != tiff_value(pages, first, kind[i]) ||
            tiff_page_has(page, kind[i]) != tiff_page_has(first, kind[i]))
            return false;
    }
    return true;
}

/* Counts the pages; 1 if they differ in size or kind from the first one or form a circle. 0 or
 * STATUS_IMAGE_CORRUPT: a page is not in the file, which was cut off. */
static int count_pages(struct tiff_pages *pages, const struct tiff_page *first,
                       struct image_header *header)
{
    uint64_t counts_left = pages->tiff.input.size;
    uint64_t first_bytes = count_bytes(pages, first, &counts_left), bytes = first_bytes;
    struct tiff_page page = *first;
    uint32_t count;
    bool alike = true;
    int status = 0;

    for (count = 1; page.next != 0 && count < MAX_PAGES; count++) {
        if ((status = tiff_page_read(pages, page.next, &page)) != 0)
            break;
        alike = alike && is_alike(pages, &page, first);
        if (alike)
            bytes = add_saturating(bytes, count_bytes(pages, &page, &counts_left));
    }
    if (!alike || page.next != 0)
        count = 1;
    header->frames = count;
    header->stored_bytes = count > 1 ? bytes : first_bytes;
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

static int check_format(const struct tiff_pages *pages, const struct tiff_page *page,
                        struct image_header *header)
{
    enum { UNSIGNED = 1, SIGNED, FLOAT, UNKNOWN, COMPLEX_SIGNED, COMPLEX };

    switch (tiff_value(pages, page, TAG_SAMPLE_FORMAT)) {
    case UNSIGNED:
    case UNKNOWN: /* "undefined": readers take it for unsigned */
        return 0;
    case SIGNED:
        if (header->photometric == IMAGE_TIFF_LAB) /* as libtiff's users write it: a and b are */
            return 0;
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

static int check_samples(const struct tiff_pages *pages, const struct tiff_page *page,
                         struct image_header *header)
{
    const struct tiff_values *bits = &page->tags[TAG_BITS];

    if (header->samples == 0)
        return STATUS_IMAGE_CORRUPT;
    if (header->samples > MAX_SAMPLES)
        return image_refuse(header, "a TIFF of %u samples a pixel", header->samples);
    for (uint64_t i = 1; i < bits->count && i < header->samples; i++) {
        if (tiff_value_at(pages, page, TAG_BITS, i) != header->bits)
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
static int check_photometric(const struct tiff_pages *pages, const struct tiff_page *page,
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
        if (tiff_value(pages, page, TAG_INKS) != 1)
            return image_refuse(header, "a TIFF of inks other than CMYK");
        colours = 4;
        break;
    case IMAGE_TIFF_YCBCR: /* libtiff decodes those of JPEG to RGB */
        if (!jpeg || tiff_value(pages, page, TAG_PLANES) == 2)
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

/* If the file does not say what its samples mean, their number does, as in libtiff's own RGBA
 * reader; but not the number four. */
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

static int read_kind(const struct tiff_pages *pages, const struct tiff_page *page,
                     struct image_header *header)
{
    const struct tiff_values *extra = &page->tags[TAG_EXTRA_SAMPLES];
    int status;

    header->bits = narrow(tiff_value(pages, page, TAG_BITS));
    header->samples = narrow(tiff_value(pages, page, TAG_SAMPLES));
    header->compression = narrow(tiff_value(pages, page, TAG_COMPRESSION));
    header->photometric = narrow(tiff_value(pages, page, TAG_PHOTOMETRIC));
    header->premultiplied =
        extra->count > 0 && tiff_value_at(pages, page, TAG_EXTRA_SAMPLES, 0) == 1;
    if ((status = check_compression(header)) != 0 ||
        (status = check_format(pages, page, header)) != 0 ||
        (status = check_samples(pages, page, header)) != 0)
        return status;
    if (!tiff_page_has(page, TAG_PHOTOMETRIC) &&
        (status = guess_photometric(header, narrow(extra->count))) != 0)
        return status;
    return check_photometric(pages, page, header);
}

static enum image_colours colours_of(const struct image_header *header)
{
    switch (header->photometric) {
    case IMAGE_TIFF_WHITE_IS_ZERO:
    case IMAGE_TIFF_BLACK_IS_ZERO:
        return IMAGE_COLOURS_GRAY;
    case IMAGE_TIFF_INKS:
        return IMAGE_COLOURS_CMYK;
    case IMAGE_TIFF_LAB:
        return IMAGE_COLOURS_LAB;
    default:
        return IMAGE_COLOURS_RGB;
    }
}

/* What decides nothing here. */
static void read_extras(const struct tiff_pages *pages, const struct tiff_page *page,
                        struct image_header *header)
{
    enum { ASSOCIATED_ALPHA = 1, UNASSOCIATED_ALPHA };
    const uint64_t orientation = tiff_value(pages, page, TAG_ORIENTATION);
    const struct tiff_values *profile = &page->tags[TAG_PROFILE];

    header->colours = colours_of(header);
    if (tiff_page_has(page, TAG_EXTRA_SAMPLES)) {
        const uint64_t extra = tiff_value_at(pages, page, TAG_EXTRA_SAMPLES, 0);

        header->alpha = extra == ASSOCIATED_ALPHA || extra == UNASSOCIATED_ALPHA;
    }
    if (tiff_page_has(page, TAG_ORIENTATION) && orientation >= 1 && orientation <= 8) {
        header->has_orientation = true;
        header->orientation = (uint8_t)orientation;
    }
    if (tiff_page_has(page, TAG_PROFILE))
        header_note_profile((struct bytes){pages->tiff.input.data + profile->at, profile->count},
                            header);
}

int header_read_tiff(struct bytes input, struct image_header *header)
{
    struct tiff_pages pages;
    struct tiff_page page;
    uint64_t width, height;
    int status;

    if (!tiff_pages_begin(&pages, input) || tiff_page_read(&pages, pages.first, &page) != 0)
        return STATUS_IMAGE_CORRUPT;
    width = tiff_value(&pages, &page, TAG_WIDTH);
    height = tiff_value(&pages, &page, TAG_HEIGHT);
    if (width > INT32_MAX || height > INT32_MAX)
        return STATUS_IMAGE_CORRUPT;
    header->width = (uint32_t)width;
    header->height = (uint32_t)height;
    if ((status = read_kind(&pages, &page, header)) != 0)
        return status;
    read_extras(&pages, &page, header);
    return count_pages(&pages, &page, header);
}
