/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/heif_boxes.h"

/* A size of 1 means that a large one follows the type, 0 that the box lasts to the end. */
enum { SIZE_LARGE = 1, SIZE_TO_END = 0, BOX_BYTES = 8, LARGE_BOX_BYTES = 16 };

bool heif_next_box(struct bytes *rest, struct heif_box *box)
{
    uint64_t size;
    size_t head = BOX_BYTES;

    if (!bytes_have(*rest, 0, BOX_BYTES))
        return false;
    size = get_be32(rest->data);
    box->type = get_be32(rest->data + 4);
    if (size == SIZE_LARGE) {
        head = LARGE_BOX_BYTES;
        if (!bytes_have(*rest, 0, head))
            return false;
        size = get_be64(rest->data + BOX_BYTES);
    } else if (size == SIZE_TO_END) {
        size = rest->size;
    }
    if (size < head)
        return false;
    box->cut = size > rest->size;
    if (box->cut)
        size = rest->size;
    box->data = (struct bytes){rest->data + head, (size_t)size - head};
    *rest = (struct bytes){rest->data + size, rest->size - (size_t)size};
    return true;
}

bool heif_find_box(struct bytes container, uint32_t type, struct heif_box *box)
{
    while (heif_next_box(&container, box)) {
        if (box->type == type)
            return !box->cut;
    }
    return false;
}

uint64_t heif_read(struct heif_fields *fields, unsigned size)
{
    uint64_t value = 0;

    if (fields->failed || !bytes_have(fields->bytes, fields->at, size)) {
        fields->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | fields->bytes.data[fields->at + i];
    fields->at += size;
    return value;
}

void heif_skip(struct heif_fields *fields, uint64_t size)
{
    if (fields->failed || !bytes_have(fields->bytes, fields->at, size))
        fields->failed = true;
    else
        fields->at += (size_t)size;
}

uint32_t heif_read_version(struct heif_fields *fields, unsigned *version)
{
    *version = (unsigned)heif_read(fields, 1);
    return (uint32_t)heif_read(fields, 3);
}
