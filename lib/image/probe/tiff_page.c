/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/tiff_page.h"

#include "base/status.h"

#include <errno.h>

enum tag_kind {
    NUMBERS, /* a page whose numbers are outside of the file is broken */
    EXTRAS,  /* numbers that a page may lack: those outside of the file do not count */
    RATIONALS,
    OCTETS,
};

/* By number, as directories are sorted. TIFF 6.0, sections 8, 14, 15, 16 and 18. */
static const struct {
    uint16_t number, kind;
    uint32_t otherwise;
} tags[TIFF_TAGS] = {
    [TAG_WIDTH] = {256, NUMBERS, 0},          [TAG_HEIGHT] = {257, NUMBERS, 0},
    [TAG_BITS] = {258, NUMBERS, 1},           [TAG_COMPRESSION] = {259, NUMBERS, 1},
    [TAG_PHOTOMETRIC] = {262, NUMBERS, 0},    [TAG_FILL_ORDER] = {266, EXTRAS, 1},
    [TAG_STRIP_OFFSETS] = {273, EXTRAS, 0},   [TAG_ORIENTATION] = {274, NUMBERS, 1},
    [TAG_SAMPLES] = {277, NUMBERS, 1},        [TAG_STRIP_ROWS] = {278, NUMBERS, UINT32_MAX},
    [TAG_STRIP_BYTES] = {279, NUMBERS, 0},    [TAG_X_RESOLUTION] = {282, RATIONALS, 0},
    [TAG_Y_RESOLUTION] = {283, RATIONALS, 0}, [TAG_PLANES] = {284, NUMBERS, 1},
    [TAG_RESOLUTION_UNIT] = {296, EXTRAS, 2}, [TAG_PREDICTOR] = {317, EXTRAS, 1},
    [TAG_COLOUR_MAP] = {320, EXTRAS, 0},      [TAG_TILE_WIDTH] = {322, NUMBERS, 0},
    [TAG_TILE_HEIGHT] = {323, NUMBERS, 0},    [TAG_TILE_OFFSETS] = {324, EXTRAS, 0},
    [TAG_TILE_BYTES] = {325, NUMBERS, 0},     [TAG_INKS] = {332, NUMBERS, 1},
    [TAG_EXTRA_SAMPLES] = {338, NUMBERS, 0},  [TAG_SAMPLE_FORMAT] = {339, NUMBERS, 1},
    [TAG_PROFILE] = {34675, OCTETS, 0},
};

bool tiff_pages_begin(struct tiff_pages *pages, struct bytes input)
{
    *pages = (struct tiff_pages){.entries_left = input.size / 12};
    return tiff_begin(&pages->tiff, input, &pages->first);
}

static bool is_signed(unsigned type)
{
    return type == TYPE_SBYTE || type == TYPE_SSHORT || type == TYPE_SLONG;
}

/* Whether values of that type are what the tag needs. Files have signed numbers, too. */
static bool has_type(enum tag_kind kind, unsigned type)
{
    switch (kind) {
    case NUMBERS:
    case EXTRAS:
        return type == TYPE_BYTE || type == TYPE_SHORT || type == TYPE_LONG || type == TYPE_LONG8 ||
               is_signed(type);
    case RATIONALS:
        return type == TYPE_RATIONAL;
    default:
        return tiff_type_bytes(type) == 1;
    }
}

/* Whether the first value of a signed type is below 0, which no tag can be. */
static bool is_negative(const struct tiff_pages *pages, const struct tiff_entry *entry)
{
    const unsigned bytes = tiff_type_bytes(entry->type);

    return is_signed(entry->type) && bytes_have(pages->tiff.input, entry->at, bytes) &&
           tiff_get(&pages->tiff, entry->at, bytes) >> (8 * bytes - 1) != 0;
}

static int note_values(const struct tiff_pages *pages, const struct tiff_entry *entry,
                       enum tag_kind kind, struct tiff_values *values)
{
    const unsigned bytes = tiff_type_bytes(entry->type);
    uint64_t size;

    if (!has_type(kind, entry->type) || is_negative(pages, entry))
        return 0;
    *values = (struct tiff_values){entry->at, entry->count, bytes};
    if (!__builtin_mul_overflow(entry->count, bytes, &size) &&
        bytes_have(pages->tiff.input, entry->at, size))
        return 0;
    values->count = 0;
    if (kind == EXTRAS && entry->at < pages->tiff.input.size)
        values->count = (pages->tiff.input.size - entry->at) / bytes;
    return kind == NUMBERS ? STATUS_IMAGE_CORRUPT : 0;
}

static int note_entry(const struct tiff_pages *pages, const struct tiff_entry *entry,
                      struct tiff_page *page)
{
    unsigned tag = 0;

    while (tag < TIFF_TAGS && tags[tag].number < entry->tag)
        tag++;
    if (tag == TIFF_TAGS || tags[tag].number != entry->tag || page->tags[tag].count > 0)
        return 0;
    return note_values(pages, entry, tags[tag].kind, &page->tags[tag]);
}

int tiff_page_read(struct tiff_pages *pages, uint64_t offset, struct tiff_page *page)
{
    const struct tiff_bytes *tiff = &pages->tiff;
    const unsigned entry_bytes = tiff_entry_bytes(tiff), offset_bytes = tiff_offset_bytes(tiff);
    struct tiff_directory directory;
    struct tiff_entry entry;
    int status = 0;

    *page = (struct tiff_page){0};
    if (!tiff_directory_begin(tiff, offset, &directory) ||
        directory.left > tiff->input.size / entry_bytes ||
        !bytes_have(tiff->input, directory.at, directory.left * entry_bytes))
        return STATUS_IMAGE_CORRUPT;
    if (directory.left > pages->entries_left)
        return -ELOOP;
    pages->entries_left -= directory.left;

    while (status == 0 && tiff_next_entry(tiff, &directory, &entry))
        status = note_entry(pages, &entry, page);
    if (status == 0 && bytes_have(tiff->input, directory.at, offset_bytes))
        page->next = tiff_get(tiff, directory.at, offset_bytes);
    return status;
}

uint64_t tiff_value_at(const struct tiff_pages *pages, const struct tiff_page *page,
                       enum tiff_tag tag, uint64_t index)
{
    const struct tiff_values *values = &page->tags[tag];

    return tiff_get(&pages->tiff, values->at + index * values->bytes, values->bytes);
}

uint64_t tiff_value(const struct tiff_pages *pages, const struct tiff_page *page, enum tiff_tag tag)
{
    return tiff_page_has(page, tag) ? tiff_value_at(pages, page, tag, 0) : tags[tag].otherwise;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return b == 0 ? 0 : a / b + (a % b != 0);
}

uint64_t tiff_count_blocks(const struct tiff_pages *pages, const struct tiff_page *page)
{
    const bool in_planes = tiff_value(pages, page, TAG_PLANES) == 2;
    const uint64_t height = tiff_value(pages, page, TAG_HEIGHT);
    uint64_t blocks = divide_up(height, tiff_value(pages, page, TAG_STRIP_ROWS));

    if (tiff_is_tiled(page))
        blocks = multiply_saturating(
            divide_up(tiff_value(pages, page, TAG_WIDTH), tiff_value(pages, page, TAG_TILE_WIDTH)),
            divide_up(height, tiff_value(pages, page, TAG_TILE_HEIGHT)));
    return multiply_saturating(blocks, in_planes ? tiff_value(pages, page, TAG_SAMPLES) : 1);
}
