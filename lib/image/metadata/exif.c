/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/exif.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>

enum {
    TAG_ARTIST = 0x013b,
    TAG_COPYRIGHT = 0x8298,
    TAG_EXIF_ORIENTATION = 0x0112,
    TAG_MAKER_NOTE = 0x927c,
    TAG_PIXEL_WIDTH = 0xa002,
    TAG_PIXEL_HEIGHT = 0xa003,
};

/* Maker's notes point into themselves by offsets in the whole block, so they stay where they are,
 * if the block does not become larger than a JPEG holds. */
static const size_t pinned_block_max = 65000;
static const size_t links_bytes = 64; /* more than tiff_fields_link adds */

/* --- which fields are kept ----------------------------------------------------------------------
 */

/* What says where a TIFF's pixels are and how they are coded (TIFF 6.0; TIFF/EP; DNG), and what has
 * an item of its own. */
static const struct {
    enum tiff_directory_kind directory;
    uint16_t first, last;
} dropped[] = {
    {DIRECTORY_IMAGE, 0x00fe, 0x010a},   /* size, bits, compression, colours */
    {DIRECTORY_IMAGE, 0x0111, 0x0112},   /* strips, orientation */
    {DIRECTORY_IMAGE, 0x0115, 0x0119},   /* samples, strips */
    {DIRECTORY_IMAGE, 0x011c, 0x011c},   /* planes */
    {DIRECTORY_IMAGE, 0x0120, 0x0125},   /* free space, gray response, fax */
    {DIRECTORY_IMAGE, 0x012d, 0x012d},   /* transfer function */
    {DIRECTORY_IMAGE, 0x013d, 0x0214},   /* predictor, colours, tiles, thumbnail's JPEG */
    {DIRECTORY_IMAGE, 0x02bc, 0x02bc},   /* XMP */
    {DIRECTORY_IMAGE, 0x828d, 0x828e},   /* colour filter array */
    {DIRECTORY_IMAGE, 0x83bb, 0x83bb},   /* IPTC */
    {DIRECTORY_IMAGE, 0x8649, 0x8649},   /* Photoshop's resources */
    {DIRECTORY_IMAGE, 0x8773, 0x8773},   /* ICC profile */
    {DIRECTORY_IMAGE, 0x935c, 0x935c},   /* Photoshop's layers */
    {DIRECTORY_IMAGE, 0xc5f2, 0xffff},   /* LERC, DNG, padding */
    {DIRECTORY_EXIF, 0xea1c, 0xea1d},    /* padding, offset of moved notes */
    {DIRECTORY_INTEROP, 0x1001, 0x1002}, /* size of the related image */
};

static bool is_dropped(enum tiff_directory_kind directory, unsigned tag)
{
    for (size_t i = 0; i < ARRAY_LENGTH(dropped); i++) {
        if (dropped[i].directory == directory && tag >= dropped[i].first && tag <= dropped[i].last)
            return true;
    }
    return false;
}

/* Without a choice everything is. */
static bool is_chosen(const struct exif_choice *choice, enum tiff_directory_kind directory,
                      unsigned tag)
{
    if (choice == NULL)
        return true;
    if (choice->kept == IMAGE_METADATA_COPYRIGHT)
        return directory == DIRECTORY_IMAGE && (tag == TAG_ARTIST || tag == TAG_COPYRIGHT);
    return choice->kept == IMAGE_METADATA_KEEP && !is_dropped(directory, tag);
}

/* --- collecting ---------------------------------------------------------------------------------
 */

static void collect_values(const struct tiff_bytes *tiff, const struct tiff_entry *entry,
                           enum tiff_directory_kind directory, struct tiff_fields *fields)
{
    const unsigned unit = tiff_type_bytes(entry->type);
    uint64_t size;

    if (unit == 0 || entry->type == TYPE_LONG8 || entry->count > UINT32_MAX ||
        __builtin_mul_overflow(entry->count, unit, &size) ||
        !bytes_have(tiff->input, entry->at, size))
        return;
    tiff_fields_add(fields, directory,
                    &(struct tiff_field){.tag = entry->tag,
                                         .type = entry->type,
                                         .count = (uint32_t)entry->count,
                                         .values = {tiff->input.data + entry->at, (size_t)size}});
}

/* The offset that a field has as its only value. */
static bool read_offset(const struct tiff_bytes *tiff, const struct tiff_entry *entry,
                        uint64_t *offset)
{
    enum { TYPE_IFD = 13, TYPE_IFD8 = 18 };
    const bool large = entry->type == TYPE_LONG8 || entry->type == TYPE_IFD8;

    if (entry->count != 1 || (!large && entry->type != TYPE_LONG && entry->type != TYPE_IFD) ||
        (large && !tiff->big))
        return false;
    *offset = tiff_get(tiff, entry->at, large ? 8 : 4);
    return true;
}

static void collect_entry(const struct tiff_bytes *tiff, const struct tiff_entry *entry,
                          enum tiff_directory_kind directory, const struct exif_choice *choice,
                          struct tiff_fields *fields)
{
    const bool is_width = entry->tag == TAG_PIXEL_WIDTH, is_height = entry->tag == TAG_PIXEL_HEIGHT;

    if (!is_chosen(choice, directory, entry->tag))
        return;
    if (choice != NULL && directory == DIRECTORY_EXIF && (is_width || is_height))
        tiff_fields_add_number(fields, directory, entry->tag, TYPE_LONG,
                               is_width ? choice->width : choice->height);
    else
        collect_values(tiff, entry, directory, fields);
}

/* One directory. The offsets of those that it points to are noted, if they are its first. */
static void collect_directory(const struct tiff_bytes *tiff, uint64_t offset,
                              enum tiff_directory_kind directory, const struct exif_choice *choice,
                              struct tiff_fields *fields, uint64_t offsets[DIRECTORY_KINDS])
{
    struct tiff_directory entries;
    struct tiff_entry entry;
    enum tiff_directory_kind to;

    if (!tiff_directory_begin(tiff, offset, &entries))
        return;
    while (tiff_next_entry(tiff, &entries, &entry)) {
        if (!tiff_points_to(directory, entry.tag, &to))
            collect_entry(tiff, &entry, directory, choice, fields);
        else if (is_chosen(choice, directory, entry.tag) && offsets[to] == 0)
            read_offset(tiff, &entry, &offsets[to]);
    }
}

/* Directories in their order: each is pointed to by one before it. */
static bool collect_block(struct bytes block, const struct exif_choice *choice,
                          struct tiff_fields *fields)
{
    uint64_t offsets[DIRECTORY_KINDS] = {0};
    struct tiff_bytes tiff;

    if (!tiff_begin(&tiff, block, &offsets[DIRECTORY_IMAGE]))
        return false;
    fields->big_endian = tiff.big_endian;
    for (unsigned i = 0; i < DIRECTORY_KINDS; i++) {
        if (offsets[i] != 0)
            collect_directory(&tiff, offsets[i], i, choice, fields, offsets);
    }
    return true;
}

bool exif_collect(struct bytes block, struct tiff_fields *fields)
{
    return collect_block(block, NULL, fields);
}

/* --- writing ------------------------------------------------------------------------------------
 */

static struct tiff_field *find_maker_note(struct tiff_fields *fields)
{
    struct tiff_field *all = fields->directories[DIRECTORY_EXIF].fields;

    for (unsigned i = 0; i < fields->directories[DIRECTORY_EXIF].count; i++) {
        if (all[i].tag == TAG_MAKER_NOTE)
            return &all[i];
    }
    return NULL;
}

/* Where the maker's notes lie in the source, if they can lie there again. */
static size_t find_pin(struct bytes source, const struct tiff_fields *fields,
                       const struct tiff_field *note)
{
    size_t at;

    if (note == NULL || note->values.size <= 4)
        return 0;
    at = (size_t)(note->values.data - source.data);
    return at >= EXIF_HEADER_BYTES && at + tiff_fields_bytes(fields) <= pinned_block_max ? at : 0;
}

/* A block of all fields, in the source's byte order. NULL: no memory. */
static uint8_t *write_block(struct bytes source, struct tiff_fields *fields, size_t *size)
{
    struct tiff_field *note = find_maker_note(fields);
    struct tiff_fields_target target = {.size = EXIF_HEADER_BYTES,
                                        .big_endian = fields->big_endian,
                                        .pinned = find_pin(source, fields, note)};
    size_t at;

    if (target.pinned > 0)
        target.pinned_end = target.pinned + note->values.size;
    target.capacity = EXIF_HEADER_BYTES + target.pinned_end + 1 + tiff_fields_bytes(fields);
    if ((target.data = calloc(1, target.capacity)) == NULL)
        return NULL;
    if (target.pinned > 0) {
        memcpy(target.data + target.pinned, note->values.data, note->values.size);
        note->source = FIELD_PINNED;
    }
    at = tiff_fields_write(fields, &target, 0);
    memcpy(target.data, target.big_endian ? "MM\0*" : "II*\0", 4);
    for (unsigned i = 0; i < 4; i++)
        target.data[4 + i] = (uint8_t)(at >> 8 * (target.big_endian ? 3 - i : i));
    *size = target.size > target.pinned_end ? target.size : target.pinned_end;
    return target.data;
}

/* False: no field has values elsewhere. */
static bool drop_largest(struct tiff_fields *fields)
{
    struct tiff_field *largest = NULL, *all;
    unsigned directory = 0;

    for (unsigned i = 0; i < DIRECTORY_KINDS; i++) {
        all = fields->directories[i].fields;
        for (unsigned k = 0; k < fields->directories[i].count; k++) {
            if (all[k].values.size > (largest == NULL ? 0 : largest->values.size)) {
                largest = &all[k];
                directory = i;
            }
        }
    }
    if (largest == NULL)
        return false;
    all = fields->directories[directory].fields + fields->directories[directory].count--;
    memmove(largest, largest + 1, (size_t)(all - largest - 1) * sizeof(*largest));
    return true;
}

int exif_select(struct bytes source, const struct exif_choice *choice, uint8_t **owned,
                size_t *size)
{
    _cleanup_free_ struct tiff_fields *fields = calloc(1, sizeof(*fields));

    *owned = NULL;
    *size = 0;
    if (fields == NULL)
        return -ENOMEM;
    if (choice->orientation != 1)
        tiff_fields_add_number(fields, DIRECTORY_IMAGE, TAG_EXIF_ORIENTATION, TYPE_SHORT,
                               choice->orientation);
    collect_block(source, choice, fields);
    while (tiff_fields_bytes(fields) + links_bytes > choice->bytes_max && drop_largest(fields)) {
    }
    tiff_fields_link(fields);
    if (fields->directories[DIRECTORY_IMAGE].count == 0)
        return 0;
    if ((*owned = write_block(source, fields, size)) == NULL)
        return -ENOMEM;
    return 0;
}
