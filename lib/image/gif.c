/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif.h"

#include "base/status.h"
#include "image/bytes.h"
#include "image/luma.h"
#include "image/lzw.h"

#include <errno.h>
#include <stdio.h>

/*
 * One walk over the blocks of a GIF89a:
 *
 *     screen descriptor, [colour table], { extension | picture }, trailer
 *
 * Without an output it checks; with one it copies what is kept. A file without its trailer was cut
 * off. Zero bytes between blocks are what some encoders leave there.
 */
enum {
    SCREEN_BYTES = 13,
    DESCRIPTOR_BYTES = 10, /* with its introducer */
    CONTROL_BYTES = 8,     /* the same, and with the end of its one block */
    BLOCK_EXTENSION = 0x21,
    BLOCK_PICTURE = 0x2c,
    BLOCK_TRAILER = 0x3b,
    EXTENSION_PLAIN_TEXT = 0x01,
    EXTENSION_GRAPHIC_CONTROL = 0xf9,
    EXTENSION_APPLICATION = 0xff,
};

struct walk {
    struct bytes input;
    size_t at;
    struct image_output *output; /* NULL: only check */
    bool gray;                 /* colours become luma */
    bool overflow;
    bool has_global_table;
    size_t control, control_bytes; /* the graphic control that waits for its picture */
};

static void put(struct walk *walk, const uint8_t *bytes, size_t length)
{
    struct image_output *output = walk->output;

    if (output == NULL || walk->overflow)
        return;
    if (length > output->capacity - output->size) {
        walk->overflow = true;
        return;
    }
    memcpy(output->data + output->size, bytes, length);
    output->size += length;
}

/* A table of 2^n colours if `packed` announces one. */
static int walk_colour_table(struct walk *walk, uint8_t packed)
{
    size_t colours = packed & 0x80 ? (size_t)2 << (packed & 7) : 0;

    if (!bytes_have(walk->input, walk->at, 3 * colours))
        return STATUS_IMAGE_CORRUPT;
    for (size_t i = 0; i < colours; i++) {
        const uint8_t *rgb = walk->input.data + walk->at + 3 * i;
        uint8_t y = (uint8_t)luma(rgb[0], rgb[1], rgb[2]);

        put(walk, walk->gray ? (const uint8_t[]){y, y, y} : rgb, 3);
    }
    walk->at += 3 * colours;
    return 0;
}

/* Behind the sub-blocks that begin at walk->at. */
static int skip_sub_blocks(struct walk *walk)
{
    uint8_t length;

    do {
        if (!bytes_have(walk->input, walk->at, 1))
            return STATUS_IMAGE_CORRUPT;
        length = walk->input.data[walk->at];
        walk->at += 1 + (size_t)length;
    } while (length != 0);
    return 0;
}

static bool is_loop(struct bytes input, size_t at)
{
    return bytes_match(input, at, "\x0bNETSCAPE2.0", 12) ||
           bytes_match(input, at, "\x0b" "ANIMEXTS1.0", 12);
}

static int walk_extension(struct walk *walk)
{
    size_t start = walk->at;
    uint8_t label;

    if (!bytes_have(walk->input, start, 2))
        return STATUS_IMAGE_CORRUPT;
    label = walk->input.data[start + 1];
    walk->at += 2;
    if (skip_sub_blocks(walk) != 0)
        return STATUS_IMAGE_CORRUPT;

    if (label == EXTENSION_GRAPHIC_CONTROL) {
        /* On a second one, or one of other than four bytes, decoders do not agree. */
        if (walk->output != NULL && (walk->control_bytes != 0 || walk->at - start != CONTROL_BYTES))
            return -ENOTSUP;
        walk->control = start;
        walk->control_bytes = walk->at - start;
    } else if (label == EXTENSION_PLAIN_TEXT) {
        walk->control_bytes = 0; /* it was for the text, which no decoder shows */
    } else if (label == EXTENSION_APPLICATION && is_loop(walk->input, start + 2)) {
        put(walk, walk->input.data + start, walk->at - start);
    }
    return 0;
}

static int walk_picture(struct walk *walk)
{
    const uint8_t *descriptor = walk->input.data + walk->at;
    uint64_t pixels;
    size_t data;
    int status;

    if (!bytes_have(walk->input, walk->at, DESCRIPTOR_BYTES))
        return STATUS_IMAGE_CORRUPT;
    if (walk->output != NULL && !walk->has_global_table && !(descriptor[9] & 0x80))
        return -ENOTSUP; /* colours are the decoder's choice */
    put(walk, walk->input.data + walk->control, walk->control_bytes);
    walk->control_bytes = 0;
    put(walk, descriptor, DESCRIPTOR_BYTES);
    walk->at += DESCRIPTOR_BYTES;
    if (walk_colour_table(walk, descriptor[9]) != 0)
        return STATUS_IMAGE_CORRUPT;

    pixels = (uint64_t)get_le16(descriptor + 5) * get_le16(descriptor + 7);
    data = walk->at;
    status = lzw_check(walk->input, &walk->at, pixels);
    if (status == 0)
        put(walk, walk->input.data + data, walk->at - data);
    return status;
}

static int walk_blocks(struct walk *walk)
{
    int status = 0;

    while (status == 0 && bytes_have(walk->input, walk->at, 1)) {
        switch (walk->input.data[walk->at]) {
        case BLOCK_EXTENSION:
            status = walk_extension(walk);
            break;
        case BLOCK_PICTURE:
            status = walk_picture(walk);
            break;
        case BLOCK_TRAILER:
            put(walk, walk->input.data + walk->at, 1);
            return 0;
        case 0:
            walk->at++;
            break;
        default:
            return STATUS_IMAGE_CORRUPT;
        }
    }
    return status != 0 ? status : STATUS_IMAGE_CORRUPT;
}

static int walk_file(struct walk *walk)
{
    const uint8_t *data = walk->input.data;

    if (!bytes_have(walk->input, 0, SCREEN_BYTES))
        return STATUS_IMAGE_CORRUPT;
    put(walk, (const uint8_t *)"GIF89a", 6);
    put(walk, data + 6, SCREEN_BYTES - 6);
    walk->at = SCREEN_BYTES;
    walk->has_global_table = data[10] & 0x80;
    if (walk_colour_table(walk, data[10]) != 0)
        return STATUS_IMAGE_CORRUPT;
    return walk_blocks(walk);
}

int gif_copy(const uint8_t *input, size_t size, bool gray, struct image_output *output)
{
    struct walk walk = {.input = {input, size}, .output = output, .gray = gray};
    int status;

    output->size = 0;
    output->format = IMAGE_GIF;
    status = walk_file(&walk);
    if (status == STATUS_IMAGE_CORRUPT) {
        snprintf(output->detail, IMAGE_DETAIL_BYTES, "The GIF is damaged or incomplete.");
    } else if (status == 0 && walk.overflow) {
        snprintf(output->detail, IMAGE_DETAIL_BYTES, "The result is larger than allowed.");
        status = STATUS_IMAGE_TOO_LARGE;
    }
    return status;
}

int gif_check(const uint8_t *input, size_t size, char *detail)
{
    struct walk walk = {.input = {input, size}};
    int status = walk_file(&walk);

    if (status != 0)
        snprintf(detail, IMAGE_DETAIL_BYTES, "The GIF is damaged or incomplete.");
    return status;
}
