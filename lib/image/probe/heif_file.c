/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/heif_file.h"

#include "base/status.h"
#include "image/probe/heif_boxes.h"

/* --- the tables ---------------------------------------------------------------------------------
 */

/* Sets `*to` to the box of that type, which must be whole. */
static bool keep_box(struct bytes meta, uint32_t type, struct bytes *to)
{
    struct heif_box box;

    if (!heif_find_box(meta, type, &box))
        return false;
    *to = box.data;
    return true;
}

static bool read_primary(struct bytes meta, uint32_t *primary)
{
    struct heif_box box;
    struct heif_fields fields = {0};
    unsigned version;

    if (!heif_find_box(meta, HEIF_TYPE('p', 'i', 't', 'm'), &box))
        return false;
    fields.bytes = box.data;
    heif_read_version(&fields, &version);
    *primary = (uint32_t)heif_read(&fields, version == 0 ? 2 : 4);
    return !fields.failed;
}

/* The number of entries of iinf, and where they begin. */
static uint64_t count_entries(struct heif_fields *fields)
{
    unsigned version;

    heif_read_version(fields, &version);
    return heif_read(fields, version == 0 ? 2 : 4);
}

/* How iloc writes its numbers. */
struct location_sizes {
    unsigned version, offset, length, base, index;
    uint64_t count;
};

static bool read_location_sizes(struct heif_fields *fields, struct location_sizes *sizes)
{
    unsigned both;

    heif_read_version(fields, &sizes->version);
    both = (unsigned)heif_read(fields, 1);
    sizes->offset = both >> 4;
    sizes->length = both & 15;
    both = (unsigned)heif_read(fields, 1);
    sizes->base = both >> 4;
    sizes->index = sizes->version == 0 ? 0 : both & 15;
    sizes->count = heif_read(fields, sizes->version < 2 ? 2 : 4);
    return !fields->failed && sizes->version <= 2 && sizes->offset <= 8 && sizes->length <= 8 &&
           sizes->base <= 8 && sizes->index <= 8;
}

static int check_counts(const struct heif_file *file)
{
    struct heif_fields entries = {.bytes = file->items}, locations = {.bytes = file->locations};
    struct location_sizes sizes;
    uint64_t count = count_entries(&entries);

    if (entries.failed || !read_location_sizes(&locations, &sizes))
        return STATUS_IMAGE_CORRUPT;
    return count > HEIF_ITEMS_MAX || sizes.count > HEIF_ITEMS_MAX ? STATUS_UNSUPPORTED_FORMAT : 0;
}

int heif_file_open(struct heif_file *file, struct bytes input)
{
    enum { VERSION_BYTES = 4 };
    struct bytes meta = {0};

    *file = (struct heif_file){.input = input};
    if (!keep_box(input, HEIF_TYPE('m', 'e', 't', 'a'), &meta) || meta.size < VERSION_BYTES)
        return STATUS_IMAGE_CORRUPT;
    meta = (struct bytes){meta.data + VERSION_BYTES, meta.size - VERSION_BYTES};
    if (!read_primary(meta, &file->primary) ||
        !keep_box(meta, HEIF_TYPE('i', 'i', 'n', 'f'), &file->items) ||
        !keep_box(meta, HEIF_TYPE('i', 'l', 'o', 'c'), &file->locations) ||
        !keep_box(meta, HEIF_TYPE('i', 'p', 'r', 'p'), &file->properties))
        return STATUS_IMAGE_CORRUPT;
    keep_box(meta, HEIF_TYPE('i', 'r', 'e', 'f'), &file->references);
    keep_box(meta, HEIF_TYPE('i', 'd', 'a', 't'), &file->data);
    return check_counts(file);
}

/* --- items --------------------------------------------------------------------------------------
 */

/* Versions 0 and 1 name no type of four characters. */
static bool read_entry(struct bytes infe, uint32_t *id, struct heif_entry *entry)
{
    struct heif_fields fields = {.bytes = infe};
    unsigned version;

    heif_read_version(&fields, &version);
    *id = (uint32_t)heif_read(&fields, version == 2 ? 2 : 4);
    entry->is_protected = heif_read(&fields, 2) != 0;
    entry->type = (uint32_t)heif_read(&fields, 4);
    return version >= 2 && !fields.failed;
}

bool heif_find_entry(const struct heif_file *file, uint32_t id, struct heif_entry *entry)
{
    struct heif_fields fields = {.bytes = file->items};
    struct heif_box box;
    struct bytes rest;
    uint64_t count = count_entries(&fields);

    if (fields.failed)
        return false;
    rest = (struct bytes){file->items.data + fields.at, file->items.size - fields.at};
    while (count-- > 0 && heif_next_box(&rest, &box)) {
        uint32_t its_id;

        if (read_entry(box.data, &its_id, entry) && its_id == id)
            return true;
    }
    return false;
}

/* One item's line in iloc, up to its extents. */
struct location {
    uint32_t id;
    unsigned method, source;
    uint64_t base;
    unsigned extents;
};

static void read_location(struct heif_fields *fields, const struct location_sizes *sizes,
                          struct location *location)
{
    *location = (struct location){.id = (uint32_t)heif_read(fields, sizes->version < 2 ? 2 : 4)};
    if (sizes->version > 0)
        location->method = heif_read(fields, 2) & 15;
    location->source = (unsigned)heif_read(fields, 2);
    location->base = heif_read(fields, sizes->base);
    location->extents = (unsigned)heif_read(fields, 2);
}

static bool add_extent(struct heif_data *data, struct bytes within, uint64_t offset,
                       uint64_t length)
{
    if (length == 0 && offset <= within.size) /* all that there is */
        length = within.size - offset;
    if (!bytes_have(within, offset, length))
        return false;
    data->parts[data->count++] = (struct bytes){within.data + offset, (size_t)length};
    return !__builtin_add_overflow(data->size, (size_t)length, &data->size);
}

static int read_extents(const struct heif_file *file, struct heif_fields *fields,
                        const struct location_sizes *sizes, const struct location *location,
                        struct heif_data *data)
{
    enum { IN_FILE, IN_IDAT };

    if (location->method > IN_IDAT || (location->method == IN_FILE && location->source != 0) ||
        location->extents > HEIF_EXTENTS_MAX)
        return STATUS_UNSUPPORTED_FORMAT;
    for (unsigned i = 0; i < location->extents; i++) {
        uint64_t offset, length;

        heif_skip(fields, sizes->index);
        offset = heif_read(fields, sizes->offset);
        length = heif_read(fields, sizes->length);
        if (fields->failed || __builtin_add_overflow(offset, location->base, &offset) ||
            !add_extent(data, location->method == IN_IDAT ? file->data : file->input, offset,
                        length))
            return STATUS_IMAGE_CORRUPT;
    }
    return data->size > 0 ? 0 : STATUS_IMAGE_CORRUPT;
}

int heif_find_data(const struct heif_file *file, uint32_t id, struct heif_data *data)
{
    struct heif_fields fields = {.bytes = file->locations};
    struct location_sizes sizes;

    data->count = 0;
    data->size = 0;
    if (!read_location_sizes(&fields, &sizes))
        return STATUS_IMAGE_CORRUPT;
    for (uint64_t i = 0; i < sizes.count && !fields.failed; i++) {
        struct location location;

        read_location(&fields, &sizes, &location);
        if (!fields.failed && location.id == id)
            return read_extents(file, &fields, &sizes, &location, data);
        heif_skip(&fields,
                  (uint64_t)location.extents * (sizes.index + sizes.offset + sizes.length));
    }
    return STATUS_IMAGE_CORRUPT;
}

/* --- references ---------------------------------------------------------------------------------
 */

/* The boxes in iref, and how many bytes an item's number has in them. */
static bool open_references(const struct heif_file *file, struct bytes *rest, unsigned *id_bytes)
{
    struct heif_fields fields = {.bytes = file->references};
    unsigned version;

    heif_read_version(&fields, &version);
    if (fields.failed)
        return false;
    *id_bytes = version == 0 ? 2 : 4;
    *rest = (struct bytes){file->references.data + fields.at, file->references.size - fields.at};
    return true;
}

static bool read_references(struct bytes box, unsigned id_bytes, uint32_t *from,
                            struct heif_references *references)
{
    struct heif_fields fields = {.bytes = box};

    *from = (uint32_t)heif_read(&fields, id_bytes);
    references->count = (unsigned)heif_read(&fields, 2);
    references->id_bytes = id_bytes;
    references->ids = (struct bytes){box.data + fields.at, box.size - fields.at};
    return !fields.failed && bytes_have(references->ids, 0, (uint64_t)references->count * id_bytes);
}

bool heif_find_references(const struct heif_file *file, uint32_t from, uint32_t type,
                          struct heif_references *references)
{
    struct bytes rest;
    struct heif_box box;
    unsigned id_bytes;

    if (!open_references(file, &rest, &id_bytes))
        return false;
    while (heif_next_box(&rest, &box)) {
        uint32_t its_from;

        if (box.type == type && !box.cut &&
            read_references(box.data, id_bytes, &its_from, references) && its_from == from)
            return true;
    }
    return false;
}

uint32_t heif_reference(const struct heif_references *references, unsigned index)
{
    const uint8_t *at = references->ids.data + (size_t)index * references->id_bytes;

    return references->id_bytes == 2 ? get_be16(at) : get_be32(at);
}

static bool refers_to(const struct heif_references *references, uint32_t to)
{
    for (unsigned i = 0; i < references->count; i++) {
        if (heif_reference(references, i) == to)
            return true;
    }
    return false;
}

bool heif_find_referrer(const struct heif_file *file, uint32_t type, uint32_t to, unsigned *at,
                        uint32_t *from)
{
    struct bytes rest;
    struct heif_box box;
    unsigned id_bytes, seen = 0;

    if (!open_references(file, &rest, &id_bytes))
        return false;
    while (heif_next_box(&rest, &box)) {
        struct heif_references references;

        if (box.type != type || box.cut || seen++ < *at)
            continue;
        ++*at;
        if (read_references(box.data, id_bytes, from, &references) && refers_to(&references, to))
            return true;
    }
    return false;
}
