/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/fields.h"

#include "base/cleanup.h"

enum { COUNT_BYTES = 2, ENTRY_BYTES = 12, VALUE_AT = 8, OFFSET_BYTES = 4 };

static const struct {
    uint16_t from, tag, to;
} links[] = {
    {DIRECTORY_EXIF, 0xa005, DIRECTORY_INTEROP}, /* first: else its own directory may be empty */
    {DIRECTORY_IMAGE, 0x8769, DIRECTORY_EXIF},
    {DIRECTORY_IMAGE, 0x8825, DIRECTORY_GPS},
};

bool tiff_points_to(enum tiff_directory_kind from, unsigned tag, enum tiff_directory_kind *to)
{
    for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
        if (links[i].from == from && links[i].tag == tag) {
            *to = links[i].to;
            return true;
        }
    }
    return false;
}

/* --- collecting ---------------------------------------------------------------------------------
 */

void tiff_fields_add(struct tiff_fields *fields, enum tiff_directory_kind directory,
                     const struct tiff_field *field)
{
    struct tiff_field *all = fields->directories[directory].fields;
    const unsigned count = fields->directories[directory].count;
    unsigned at = count;

    if (count == DIRECTORY_FIELDS_MAX)
        return;
    while (at > 0 && all[at - 1].tag >= field->tag)
        at--;
    if (at < count && all[at].tag == field->tag)
        return;
    memmove(all + at + 1, all + at, (count - at) * sizeof(*all));
    all[at] = *field;
    fields->directories[directory].count++;
}

void tiff_fields_add_number(struct tiff_fields *fields, enum tiff_directory_kind directory,
                            unsigned tag, enum tiff_type type, uint32_t number)
{
    tiff_fields_add(fields, directory,
                    &(struct tiff_field){.tag = (uint16_t)tag,
                                         .type = (uint16_t)type,
                                         .source = FIELD_NUMBER,
                                         .count = 1,
                                         .number = number});
}

void tiff_fields_link(struct tiff_fields *fields)
{
    for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
        if (fields->directories[links[i].to].count > 0)
            tiff_fields_add(fields, links[i].from,
                            &(struct tiff_field){.tag = links[i].tag,
                                                 .type = TYPE_LONG,
                                                 .source = FIELD_DIRECTORY,
                                                 .count = 1,
                                                 .to = links[i].to});
    }
}

/* --- writing ------------------------------------------------------------------------------------
 */

static void put_field(const struct tiff_fields_target *target, size_t at, uint32_t number,
                      unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        target->data[at + i] = (uint8_t)(number >> 8 * (target->big_endian ? bytes - 1 - i : i));
}

/* At an even offset, as TIFF wants it, and not over what is pinned. 0: no room. */
static size_t allocate_bytes(struct tiff_fields_target *target, size_t size)
{
    size_t at = target->size + (target->size & 1);

    if (at < target->pinned_end && at + size > target->pinned)
        at = target->pinned_end + (target->pinned_end & 1);
    else if (at > target->size && at <= target->capacity)
        target->data[target->size] = 0;
    if (at > target->capacity || size > target->capacity - at)
        return 0;
    target->size = at + size;
    return at;
}

/* Bytes of a number that a value consists of: two for a rational. */
static unsigned number_bytes(unsigned type)
{
    return type == TYPE_RATIONAL || type == TYPE_SRATIONAL ? 4 : tiff_type_bytes(type);
}

static bool write_values(const struct tiff_fields *fields, struct tiff_fields_target *target,
                         const struct tiff_field *field, size_t entry)
{
    const struct bytes values = field->values;
    const size_t last =
        fields->big_endian == target->big_endian ? 0 : number_bytes(field->type) - 1;
    size_t at = entry + VALUE_AT;

    put_field(target, at, 0, OFFSET_BYTES);
    if (values.size > OFFSET_BYTES) {
        if ((at = allocate_bytes(target, values.size)) == 0)
            return false;
        put_field(target, entry + VALUE_AT, (uint32_t)at, OFFSET_BYTES);
    }
    for (size_t i = 0; i < values.size; i++)
        target->data[at + i] = values.data[i ^ last]; /* numbers have 1, 2, 4 or 8 bytes */
    return true;
}

static size_t write_directory(const struct tiff_fields *fields, struct tiff_fields_target *target,
                              enum tiff_directory_kind directory, uint32_t next);

static bool write_entry(const struct tiff_fields *fields, struct tiff_fields_target *target,
                        const struct tiff_field *field, size_t entry)
{
    const size_t value = entry + VALUE_AT;
    size_t directory;

    put_field(target, entry, field->tag, 2);
    put_field(target, entry + 2, field->type, 2);
    put_field(target, entry + 4, field->count, 4);
    switch (field->source) {
    case FIELD_VALUES:
        return write_values(fields, target, field, entry);
    case FIELD_NUMBER:
        put_field(target, value, 0, OFFSET_BYTES);
        put_field(target, value, field->number, tiff_type_bytes(field->type));
        return true;
    case FIELD_STORED:
        memcpy(target->data + value, field->values.data, OFFSET_BYTES);
        return true;
    case FIELD_PINNED:
        put_field(target, value, (uint32_t)target->pinned, OFFSET_BYTES);
        return true;
    default:
        directory = write_directory(fields, target, field->to, 0);
        put_field(target, value, (uint32_t)directory, OFFSET_BYTES);
        return directory != 0;
    }
}

static size_t write_directory(const struct tiff_fields *fields, struct tiff_fields_target *target,
                              enum tiff_directory_kind directory, uint32_t next)
{
    const unsigned count = fields->directories[directory].count;
    const size_t end = COUNT_BYTES + (size_t)count * ENTRY_BYTES;
    const size_t at = allocate_bytes(target, end + OFFSET_BYTES);

    if (at == 0)
        return 0;
    put_field(target, at, count, COUNT_BYTES);
    put_field(target, at + end, next, OFFSET_BYTES);
    for (unsigned i = 0; i < count; i++) {
        if (!write_entry(fields, target, &fields->directories[directory].fields[i],
                         at + COUNT_BYTES + (size_t)i * ENTRY_BYTES))
            return 0;
    }
    return at;
}

size_t tiff_fields_write(const struct tiff_fields *fields, struct tiff_fields_target *target,
                         uint32_t next)
{
    return write_directory(fields, target, DIRECTORY_IMAGE, next);
}

size_t tiff_fields_bytes(const struct tiff_fields *fields)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < DIRECTORY_KINDS; i++) {
        const unsigned count = fields->directories[i].count;

        bytes += COUNT_BYTES + (size_t)count * ENTRY_BYTES + OFFSET_BYTES + 1;
        for (unsigned k = 0; k < count; k++)
            bytes += fields->directories[i].fields[k].values.size + 1;
    }
    return bytes;
}
