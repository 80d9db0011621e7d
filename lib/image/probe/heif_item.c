/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/heif_item.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/probe/heif_boxes.h"

/* Properties of an item: usually five to ten; of a file: a few for each of its tiles at worst. */
enum { PROPERTIES_MAX = 32, FILE_PROPERTIES_MAX = 2 * HEIF_ITEMS_MAX };

/* --- the part that is shown ---------------------------------------------------------------------
 */

static void crop_view(struct heif_view *view, int64_t left, int64_t top, int64_t width,
                      int64_t height)
{
    view->x += left * view->x_by_X + top * view->x_by_Y;
    view->y += left * view->y_by_X + top * view->y_by_Y;
    view->width = (uint32_t)width;
    view->height = (uint32_t)height;
}

/* By a quarter, anticlockwise: the last column becomes the first row. */
static void rotate_view(struct heif_view *view)
{
    const struct heif_view old = *view;

    view->x += (int64_t)(old.width - 1) * old.x_by_X;
    view->y += (int64_t)(old.width - 1) * old.y_by_X;
    view->x_by_X = old.x_by_Y;
    view->y_by_X = old.y_by_Y;
    view->x_by_Y = -old.x_by_X;
    view->y_by_Y = -old.y_by_X;
    view->width = old.height;
    view->height = old.width;
}

static void mirror_view(struct heif_view *view, bool left_and_right)
{
    if (left_and_right) {
        view->x += (int64_t)(view->width - 1) * view->x_by_X;
        view->y += (int64_t)(view->width - 1) * view->y_by_X;
        view->x_by_X = -view->x_by_X;
        view->y_by_X = -view->y_by_X;
    } else {
        view->x += (int64_t)(view->height - 1) * view->x_by_Y;
        view->y += (int64_t)(view->height - 1) * view->y_by_Y;
        view->x_by_Y = -view->x_by_Y;
        view->y_by_Y = -view->y_by_Y;
    }
}

/* One direction of clap: a length and the distance of its centre from the image's, as fractions
 * (ISO/IEC 14496-12, 12.1.4). Where they do not come out even, the length is rounded and the start
 * is rounded down. False: nothing is left. */
static bool read_aperture(int64_t side, int64_t numerator, int64_t denominator, int64_t offset,
                          int64_t offset_denominator, int64_t *start, int64_t *length)
{
    enum { DENOMINATOR_MAX = 1 << 16 };
    int64_t end, twice;

    if (denominator < 1 || denominator > DENOMINATOR_MAX || offset_denominator < 1 ||
        offset_denominator > DENOMINATOR_MAX)
        return false;
    *length = (2 * numerator + denominator) / (2 * denominator);
    twice = 2 * offset + (side - *length) * offset_denominator;
    *start = twice / (2 * offset_denominator) - (twice % (2 * offset_denominator) < 0 ? 1 : 0);
    end = *start + *length < side ? *start + *length : side;
    *start = *start > 0 ? *start : 0;
    *length = end - *start;
    return *length > 0;
}

static bool apply_aperture(struct heif_view *view, struct heif_fields *fields)
{
    int64_t values[8], left, top, width, height;

    for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
        values[i] = (int32_t)heif_read(fields, 4);
    if (fields->failed ||
        !read_aperture(view->width, values[0], values[1], values[4], values[5], &left, &width) ||
        !read_aperture(view->height, values[2], values[3], values[6], values[7], &top, &height))
        return false;
    crop_view(view, left, top, width, height);
    return true;
}

static bool apply_rotation(struct heif_view *view, struct heif_fields *fields)
{
    for (unsigned quarters = heif_read(fields, 1) & 3; quarters > 0; quarters--)
        rotate_view(view);
    return !fields->failed;
}

/* 0 exchanges top and bottom, 1 left and right (the edition of 2022, 6.5.12). */
static bool apply_mirror(struct heif_view *view, struct heif_fields *fields)
{
    mirror_view(view, (heif_read(fields, 1) & 1) != 0);
    return !fields->failed;
}

/* --- the others ---------------------------------------------------------------------------------
 */

static bool read_size(struct heif_item *item, struct heif_fields *fields)
{
    unsigned version;

    heif_read_version(fields, &version);
    item->width = (uint32_t)heif_read(fields, 4);
    item->height = (uint32_t)heif_read(fields, 4);
    item->view =
        (struct heif_view){.x_by_X = 1, .y_by_Y = 1, .width = item->width, .height = item->height};
    return !fields->failed && item->width > 0 && item->height > 0;
}

static bool read_colour(struct heif_item *item, struct heif_fields *fields)
{
    uint32_t kind = (uint32_t)heif_read(fields, 4);

    if (kind == HEIF_TYPE('n', 'c', 'l', 'x')) {
        item->colour.primaries = (uint16_t)heif_read(fields, 2);
        item->colour.transfer = (uint16_t)heif_read(fields, 2);
        item->colour.matrix = (uint16_t)heif_read(fields, 2);
        item->colour.full_range = (heif_read(fields, 1) & 0x80) != 0;
        item->has_colour = !fields->failed;
    } else if (kind == HEIF_TYPE('p', 'r', 'o', 'f') || kind == HEIF_TYPE('r', 'I', 'C', 'C')) {
        item->profile =
            (struct bytes){fields->bytes.data + fields->at, fields->bytes.size - fields->at};
    }
    return !fields->failed;
}

static bool read_auxiliary(struct heif_item *item, struct heif_fields *fields)
{
    unsigned version;

    heif_read_version(fields, &version);
    item->auxiliary =
        (struct bytes){fields->bytes.data + fields->at, fields->bytes.size - fields->at};
    return !fields->failed;
}

/* 0xffff: all layers, of which the last one is shown, as we do. */
static bool read_layer(struct heif_item *item, struct heif_fields *fields)
{
    if (heif_read(fields, 2) != 0xffff)
        item->unknown = HEIF_TYPE('l', 's', 'e', 'l');
    return !fields->failed;
}

static bool is_harmless(uint32_t type)
{
    static const uint32_t types[] = {
        HEIF_TYPE('p', 'i', 'x', 'i'), HEIF_TYPE('p', 'a', 's', 'p'), HEIF_TYPE('c', 'l', 'l', 'i'),
        HEIF_TYPE('m', 'd', 'c', 'v'), HEIF_TYPE('a', '1', 'l', 'x'), HEIF_TYPE('r', 'l', 'o', 'c'),
    };

    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (types[i] == type)
            return true;
    }
    return false;
}

static bool apply_property(struct heif_item *item, const struct heif_box *box, bool essential)
{
    struct heif_fields fields = {.bytes = box->data};

    if (box->cut)
        return false;
    switch (box->type) {
    case HEIF_TYPE('i', 's', 'p', 'e'):
        return item->width > 0 || read_size(item, &fields);
    case HEIF_TYPE('c', 'l', 'a', 'p'):
        return item->width > 0 && apply_aperture(&item->view, &fields);
    case HEIF_TYPE('i', 'r', 'o', 't'):
        return item->width > 0 && apply_rotation(&item->view, &fields);
    case HEIF_TYPE('i', 'm', 'i', 'r'):
        return item->width > 0 && apply_mirror(&item->view, &fields);
    case HEIF_TYPE('c', 'o', 'l', 'r'):
        return read_colour(item, &fields);
    case HEIF_TYPE('a', 'u', 'x', 'C'):
        return read_auxiliary(item, &fields);
    case HEIF_TYPE('a', 'v', '1', 'C'):
    case HEIF_TYPE('h', 'v', 'c', 'C'):
        item->config = box->data;
        return true;
    case HEIF_TYPE('a', '1', 'o', 'p'):
        item->operating_point = (unsigned)heif_read(&fields, 1);
        return !fields.failed;
    case HEIF_TYPE('l', 's', 'e', 'l'):
        return read_layer(item, &fields);
    default:
        if (essential && !is_harmless(box->type))
            item->unknown = box->type;
        return true;
    }
}

/* --- which properties an item has ---------------------------------------------------------------
 */

struct association {
    uint32_t number; /* in ipco, from 1 */
    bool essential;
    bool found;
    struct heif_box box;
};

struct associations {
    unsigned count;
    struct association of[PROPERTIES_MAX];
};

static bool add_association(struct associations *all, uint32_t word, uint32_t essential)
{
    if (all->count == PROPERTIES_MAX)
        return false;
    all->of[all->count++] = (struct association){.number = word & (essential - 1),
                                                 .essential = (word & essential) != 0};
    return true;
}

/* Of one ipma box. False: too many. */
static bool read_associations(struct bytes ipma, uint32_t id, struct associations *all)
{
    struct heif_fields fields = {.bytes = ipma};
    unsigned version;
    uint32_t flags = heif_read_version(&fields, &version);
    const unsigned bytes = (flags & 1) != 0 ? 2 : 1;

    for (uint64_t count = heif_read(&fields, 4); count > 0 && !fields.failed; count--) {
        uint32_t its_id = (uint32_t)heif_read(&fields, version == 0 ? 2 : 4);
        unsigned its_count = (unsigned)heif_read(&fields, 1);

        if (its_id != id) {
            heif_skip(&fields, (uint64_t)its_count * bytes);
            continue;
        }
        while (its_count-- > 0 && !fields.failed) {
            if (!add_association(all, (uint32_t)heif_read(&fields, bytes), 1u << (8 * bytes - 1)))
                return false;
        }
    }
    return true;
}

/* Finds the boxes: one walk through all of them. False: there are too many. */
static bool find_properties(struct bytes ipco, struct associations *all)
{
    struct heif_box box;

    for (uint32_t number = 1; heif_next_box(&ipco, &box); number++) {
        if (number > FILE_PROPERTIES_MAX)
            return false;
        for (unsigned i = 0; i < all->count; i++) {
            if (all->of[i].number == number) {
                all->of[i].box = box;
                all->of[i].found = true;
            }
        }
    }
    return true;
}

/* Transformations are applied in the order in which they are associated. */
static int apply_associations(struct heif_item *item, const struct associations *all)
{
    for (unsigned i = 0; i < all->count; i++) {
        const struct association *of = &all->of[i];

        if (of->number == 0) /* no property */
            continue;
        if (!of->found || !apply_property(item, &of->box, of->essential))
            return STATUS_IMAGE_CORRUPT;
    }
    return 0;
}

static int read_properties(const struct heif_file *file, struct heif_item *item)
{
    struct associations all = {0};
    struct bytes rest = file->properties;
    struct heif_box box, properties = {0};

    while (heif_next_box(&rest, &box)) {
        if (box.cut)
            return STATUS_IMAGE_CORRUPT;
        if (box.type == HEIF_TYPE('i', 'p', 'm', 'a') &&
            !read_associations(box.data, item->id, &all))
            return STATUS_UNSUPPORTED_FORMAT;
        if (box.type == HEIF_TYPE('i', 'p', 'c', 'o'))
            properties = box;
    }
    if (!find_properties(properties.data, &all))
        return STATUS_UNSUPPORTED_FORMAT;
    return apply_associations(item, &all);
}

int heif_item_read(const struct heif_file *file, uint32_t id, struct heif_item *item)
{
    struct heif_entry entry;

    *item = (struct heif_item){.id = id};
    if (!heif_find_entry(file, id, &entry))
        return STATUS_IMAGE_CORRUPT;
    item->type = entry.type;
    return entry.is_protected ? STATUS_UNSUPPORTED_FORMAT : read_properties(file, item);
}
