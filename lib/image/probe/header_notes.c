/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/format_internal.h"

#include "image/core/exif.h"

/*
 * What files of all formats carry: an orientation, and a profile with a name (ICC.1:2022, 7.2 and
 * 10.13; ICC.1:2001-04, 6.5.17). The name is for people: nothing is decided by it.
 */
enum {
    PROFILE_HEADER_BYTES = 128,
    PROFILE_TAG_BYTES = 12,
    PROFILE_TAGS = 100, /* more than any profile has */
    REPLACEMENT = 0xfffd,
};

void header_note_exif(struct bytes exif, struct image_header *header)
{
    const unsigned found = exif_find_orientation(exif.data, exif.size);

    header->has_orientation = found != 0;
    header->orientation = (uint8_t)(found != 0 ? found : 1);
}

/* --- text ----------------------------------------------------------------------------------- */

/* Appends a character as UTF-8 if there is room; whether there was. */
static bool put_character(char *name, size_t *used, uint32_t c)
{
    const unsigned length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};

    if (*used + length >= IMAGE_PROFILE_NAME_BYTES)
        return false;
    for (unsigned i = length; i-- > 1; c >>= 6)
        name[*used + i] = (char)(0x80 | (c & 0x3f));
    name[*used] = (char)(marks[length] | c);
    *used += length;
    name[*used] = '\0';
    return true;
}

/* Whether the text goes on behind `c`; control characters are left out. */
static bool put_printable(char *name, size_t *used, uint32_t c)
{
    if (c == 0)
        return false;
    if (c < ' ' || (c >= 0x7f && c < 0xa0))
        return true;
    return put_character(name, used, c);
}

static void read_latin(struct bytes text, char name[static IMAGE_PROFILE_NAME_BYTES])
{
    size_t used = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (!put_printable(name, &used, text.data[i]))
            return;
    }
}

/* UTF-16, big-endian. */
static void read_wide(struct bytes text, char name[static IMAGE_PROFILE_NAME_BYTES])
{
    size_t used = 0;

    for (size_t i = 0; bytes_have(text, i, 2); i += 2) {
        uint32_t c = get_be16(text.data + i);

        if (c >= 0xd800 && c < 0xdc00 && bytes_have(text, i + 2, 2) &&
            (get_be16(text.data + i + 2) & 0xfc00) == 0xdc00) {
            c = 0x10000 + ((c & 0x3ff) << 10) + (get_be16(text.data + i + 2) & 0x3ff);
            i += 2;
        } else if (c >= 0xd800 && c < 0xe000) {
            c = REPLACEMENT;
        }
        if (!put_printable(name, &used, c))
            return;
    }
}

/* --- profiles ------------------------------------------------------------------------------- */

/* As much of the piece as there is. */
static struct bytes piece_of(struct bytes bytes, uint64_t offset, uint64_t size)
{
    if (offset >= bytes.size)
        return (struct bytes){0};
    if (size > bytes.size - offset)
        size = bytes.size - offset;
    return (struct bytes){bytes.data + offset, (size_t)size};
}

/* A textDescriptionType, of version 2, or a multiLocalizedUnicodeType, whose first text it is. */
static void read_description(struct bytes tag, char name[static IMAGE_PROFILE_NAME_BYTES])
{
    if (bytes_match(tag, 0, "desc", 4) && bytes_have(tag, 0, 12))
        read_latin(piece_of(tag, 12, get_be32(tag.data + 8)), name);
    else if (bytes_match(tag, 0, "mluc", 4) && bytes_have(tag, 0, 28) && get_be32(tag.data + 8) > 0)
        read_wide(piece_of(tag, get_be32(tag.data + 24), get_be32(tag.data + 20)), name);
}

void header_note_profile(struct bytes profile, struct image_header *header)
{
    uint32_t count;

    header->has_profile = true;
    if (!bytes_have(profile, PROFILE_HEADER_BYTES, 4))
        return;
    count = get_be32(profile.data + PROFILE_HEADER_BYTES);
    for (uint32_t i = 0; i < count && i < PROFILE_TAGS; i++) {
        const size_t at = PROFILE_HEADER_BYTES + 4 + i * PROFILE_TAG_BYTES;

        if (!bytes_have(profile, at, PROFILE_TAG_BYTES))
            return;
        if (bytes_match(profile, at, "desc", 4)) {
            read_description(
                piece_of(profile, get_be32(profile.data + at + 4), get_be32(profile.data + at + 8)),
                header->profile_name);
            return;
        }
    }
}

void header_note_profile_name(const uint8_t *name, size_t length, struct image_header *header)
{
    header->has_profile = true;
    read_latin((struct bytes){name, length}, header->profile_name);
}
