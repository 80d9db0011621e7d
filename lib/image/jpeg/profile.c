/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/profile.h"

#include "base/status.h"
#include "image/colour/profile.h"
#include "image/jpeg/memory.h"
#include "image/probe/jpeg_segments.h"

#include <errno.h>

enum {
    NAME_BYTES = 12, /* "ICC_PROFILE" and its zero */
    PREFIX_BYTES = NAME_BYTES + 2,
    SEGMENT_BYTES = 2 + 2 + PREFIX_BYTES, /* marker, length, prefix */
    PART_BYTES = 65533 - PREFIX_BYTES,
};

static const char name[NAME_BYTES] = "ICC_PROFILE";

void jpeg_profile_add(struct jpeg_profile *profile, const uint8_t *payload, size_t size)
{
    unsigned number, count;

    if (size <= PREFIX_BYTES || memcmp(payload, name, NAME_BYTES) != 0)
        return;
    number = payload[NAME_BYTES];
    count = payload[NAME_BYTES + 1];
    if (profile->chunks++ > 0 && count != profile->count)
        count = 0;
    profile->count = count; /* 0: from now on nothing fits, jpeg_profile_size() sees that */
    if (number == 0 || number > count || profile->chunk[number - 1].data != NULL)
        return;
    profile->chunk[number - 1].data = payload + PREFIX_BYTES;
    profile->chunk[number - 1].size = size - PREFIX_BYTES;
}

size_t jpeg_profile_size(const struct jpeg_profile *profile)
{
    size_t size = 0;

    if (profile->chunks != profile->count)
        return 0;
    for (unsigned i = 0; i < profile->count; i++) {
        if (profile->chunk[i].data == NULL)
            return 0;
        size += profile->chunk[i].size;
    }
    return size;
}

const uint8_t *jpeg_profile_bytes(const struct jpeg_profile *profile, size_t *size)
{
    uint8_t *bytes, *at;

    *size = jpeg_profile_size(profile);
    if (*size == 0)
        return NULL;
    if (profile->count == 1)
        return profile->chunk[0].data;
    if ((bytes = jpeg_memory(MEMORY_STREAM, *size)) == NULL)
        return NULL;
    at = bytes;
    for (unsigned i = 0; i < profile->count; i++) {
        memcpy(at, profile->chunk[i].data, profile->chunk[i].size);
        at += profile->chunk[i].size;
    }
    return bytes;
}

/* --- into a file --------------------------------------------------------------------------------
 */

static void put_segments(uint8_t *at, const uint8_t *profile, size_t size, size_t parts)
{
    for (size_t part = 1; part <= parts; part++) {
        size_t bytes = size < PART_BYTES ? size : PART_BYTES;
        size_t length = bytes + SEGMENT_BYTES - 2;

        at[0] = 0xff;
        at[1] = JPEG_APP2;
        at[2] = (uint8_t)(length >> 8);
        at[3] = (uint8_t)length;
        memcpy(at + 4, name, NAME_BYTES);
        at[4 + NAME_BYTES] = (uint8_t)part;
        at[5 + NAME_BYTES] = (uint8_t)parts;
        memcpy(at + SEGMENT_BYTES, profile, bytes);
        at += SEGMENT_BYTES + bytes;
        profile += bytes;
        size -= bytes;
    }
}

int jpeg_profile_find(const struct jpeg_profile *profile, unsigned components, struct bytes *found)
{
    const enum profile_space space = components == 1   ? SPACE_GRAY
                                     : components == 3 ? SPACE_RGB
                                                       : SPACE_CMYK;

    found->data = jpeg_profile_bytes(profile, &found->size);
    if (found->data == NULL && found->size > 0)
        return -ENOMEM;
    if (found->data != NULL && !profile_fits(found->data, found->size, space))
        *found = (struct bytes){0};
    return 0;
}

int jpeg_profile_insert(const uint8_t *profile, size_t size, struct image_output *output)
{
    const struct bytes file = {output->data, output->size};
    size_t parts = (size + PART_BYTES - 1) / PART_BYTES, start = 2;
    size_t room = size + parts * SEGMENT_BYTES;

    if (parts > JPEG_PROFILE_CHUNKS_MAX)
        return 0;
    if (room > output->capacity - output->size)
        return STATUS_IMAGE_TOO_LARGE;
    if (bytes_match(file, start, "\xff\xe0", 2) && bytes_have(file, start, 4))
        start += 2 + (size_t)get_be16(output->data + start + 2);
    memmove(output->data + start + room, output->data + start, output->size - start);
    put_segments(output->data + start, profile, size, parts);
    output->size += room;
    return 0;
}
