/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/header.h"

#include "base/status.h"

/*
 * GIF89a: a logical screen, then blocks: extensions, pictures, a trailer. Every picture is one
 * frame of the whole screen's size, for that is what a decoder must keep of it.
 */
enum {
    SCREEN_BYTES = 13,
    DESCRIPTOR_BYTES = 10, /* with its introducer */
    BLOCK_EXTENSION = 0x21,
    BLOCK_PICTURE = 0x2c,
};

/* Bytes of the colour table that a packed field announces. */
static size_t colour_table_bytes(uint8_t packed)
{
    return packed & 0x80 ? (size_t)3 << ((packed & 7) + 1) : 0;
}

/* Behind the sub-blocks that begin at `at`; behind the end where they break off. */
static uint64_t skip_sub_blocks(struct bytes input, uint64_t at)
{
    while (bytes_have(input, at, 1)) {
        uint8_t length = input.data[at++];

        if (length == 0)
            return at;
        at += length;
    }
    return at;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* The first picture widens a screen that it does not fit on, as decoders have it. */
static void note_picture(const uint8_t *descriptor, struct image_header *header)
{
    if (header->frames++ > 0)
        return;
    header->width = larger(header->width, get_le16(descriptor + 1) + get_le16(descriptor + 5));
    header->height = larger(header->height, get_le16(descriptor + 3) + get_le16(descriptor + 7));
}

static void count_pictures(struct bytes input, uint64_t at, struct image_header *header)
{
    header->frames = 0;

    while (bytes_have(input, at, 1)) {
        if (input.data[at] == BLOCK_EXTENSION) {
            at = skip_sub_blocks(input, at + 2);
        } else if (input.data[at] == BLOCK_PICTURE) {
            if (!bytes_have(input, at, DESCRIPTOR_BYTES + 1))
                break;
            note_picture(input.data + at, header);
            at += DESCRIPTOR_BYTES + colour_table_bytes(input.data[at + 9]);
            at = skip_sub_blocks(input, at + 1); /* behind the LZW code size */
        } else {
            break; /* the trailer, or bytes of no meaning */
        }
    }
}

int header_read_gif(struct bytes input, struct image_header *header)
{
    if (!bytes_have(input, 0, SCREEN_BYTES))
        return STATUS_IMAGE_CORRUPT;

    header->width = get_le16(input.data + 6);
    header->height = get_le16(input.data + 8);
    if (header->width == 0 || header->height == 0) /* no screen: the first picture is all there is */
        header->width = header->height = 0;
    count_pictures(input, SCREEN_BYTES + colour_table_bytes(input.data[10]), header);
    return header->frames == 0 ? STATUS_IMAGE_CORRUPT : 0;
}
