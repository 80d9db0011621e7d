/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/gif_blocks.h"

#include "image/probe/format.h"

enum {
    SCREEN_BYTES = 13,
    DESCRIPTOR_BYTES = 10, /* with its introducer */
    CONTROL_DATA_BYTES = 4,
    BLOCK_EXTENSION = 0x21,
    BLOCK_FRAME = 0x2c,
    BLOCK_TRAILER = 0x3b,
    EXTENSION_PLAIN_TEXT = 0x01,
    EXTENSION_GRAPHIC_CONTROL = 0xf9,
    EXTENSION_APPLICATION = 0xff,
    TABLE_FLAG = 0x80,
    INTERLACE_FLAG = 0x40,
};

/* A graphic control, until its frame comes. */
struct control {
    bool pending;
    enum gif_disposal disposal;
    int transparent;
    uint16_t delay;
};

/* A table of 2^n colours if `packed` announces one. */
static bool read_table(struct gif_blocks *blocks, uint8_t packed, struct gif_table *table)
{
    *table = (struct gif_table){0};
    if (!(packed & TABLE_FLAG))
        return true;
    table->count = 2U << (packed & 7);
    if (!bytes_have(blocks->input, blocks->at, 3 * (uint64_t)table->count))
        return false;
    table->colours = blocks->input.data + blocks->at;
    blocks->at += 3 * (uint64_t)table->count;
    return true;
}

bool gif_begin(struct gif_blocks *blocks, struct bytes input)
{
    *blocks = (struct gif_blocks){.input = input, .at = SCREEN_BYTES};
    if (!bytes_have(input, 0, SCREEN_BYTES))
        return false;
    blocks->width = get_le16(input.data + 6);
    blocks->height = get_le16(input.data + 8);
    if (blocks->width == 0 || blocks->height == 0) /* an empty screen: the first frame decides */
        blocks->width = blocks->height = 0;
    blocks->background = input.data[11];
    return read_table(blocks, input.data[10], &blocks->table);
}

/* Behind the sub-blocks that begin at blocks->at. False: they break off. */
static bool skip_sub_blocks(struct gif_blocks *blocks)
{
    while (bytes_have(blocks->input, blocks->at, 1)) {
        uint8_t length = blocks->input.data[blocks->at++];

        if (length == 0)
            return true;
        blocks->at += length;
    }
    blocks->at = blocks->input.size;
    return false;
}

static void read_control(struct bytes input, size_t at, struct control *control)
{
    const uint8_t *data = input.data + at + 1;

    if (input.data[at] < CONTROL_DATA_BYTES)
        return;
    control->disposal = (data[0] >> 2 & 7) <= GIF_TO_PREVIOUS ? data[0] >> 2 & 7 : GIF_KEEP;
    control->transparent = data[0] & 1 ? data[3] : GIF_OPAQUE;
    control->delay = get_le16(data + 1);
}

static bool is_loop(struct bytes input, size_t at)
{
    return bytes_match(input, at + 14, "\3\1", 2) &&
           (bytes_match(input, at + 2, "\x0bNETSCAPE2.0", 12) || bytes_match(input, at + 2,
                                                                             "\x0b"
                                                                             "ANIMEXTS1.0",
                                                                             12));
}

/* False: the file ends in it, and a frame had to follow. */
static bool read_extension(struct gif_blocks *blocks, struct control *control)
{
    const size_t start = (size_t)blocks->at;
    uint8_t label = bytes_have(blocks->input, start, 2) ? blocks->input.data[start + 1] : 0;
    bool whole;

    blocks->at += 2;
    whole = skip_sub_blocks(blocks);
    if (label == EXTENSION_GRAPHIC_CONTROL) {
        control->pending = true;
        if (whole)
            read_control(blocks->input, start + 2, control);
    } else if (label == EXTENSION_PLAIN_TEXT) {
        *control =
            (struct control){.transparent = GIF_OPAQUE}; /* for the text, which nobody shows */
    } else if (label == EXTENSION_APPLICATION && whole && is_loop(blocks->input, start)) {
        blocks->loop = start;
    }
    return whole || !control->pending;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static bool read_descriptor(struct gif_blocks *blocks, struct gif_frame *frame)
{
    const uint8_t *descriptor = blocks->input.data + blocks->at;

    if (!bytes_have(blocks->input, blocks->at, DESCRIPTOR_BYTES + 1))
        return false;
    frame->left = get_le16(descriptor + 1);
    frame->top = get_le16(descriptor + 3);
    frame->width = get_le16(descriptor + 5);
    frame->height = get_le16(descriptor + 7);
    frame->interlaced = descriptor[9] & INTERLACE_FLAG;
    blocks->pixels += (uint64_t)frame->width * frame->height;
    if (blocks->frames++ == 0) {
        blocks->width = larger(blocks->width, frame->left + frame->width);
        blocks->height = larger(blocks->height, frame->top + frame->height);
    }
    blocks->at += DESCRIPTOR_BYTES;
    return read_table(blocks, descriptor[9], &frame->table);
}

static bool read_whole_frame(struct gif_blocks *blocks, const struct control *control,
                             struct gif_frame *frame)
{
    *frame = (struct gif_frame){.disposal = control->disposal,
                                .transparent = control->transparent,
                                .delay = control->delay};
    if (!read_descriptor(blocks, frame))
        return false;
    frame->data = (size_t)blocks->at;
    blocks->at++; /* over the code size */
    if (!skip_sub_blocks(blocks))
        return false;
    frame->end = (size_t)blocks->at;
    return true;
}

/* Whether a descriptor begins at `at` that could be one of this file's. */
static bool is_frame(const struct gif_blocks *blocks, size_t at)
{
    const uint8_t *descriptor = blocks->input.data + at;
    uint32_t width, height;

    if (!bytes_have(blocks->input, at, DESCRIPTOR_BYTES + 1) || descriptor[0] != BLOCK_FRAME)
        return false;
    width = get_le16(descriptor + 5);
    height = get_le16(descriptor + 7);
    return width > 0 && get_le16(descriptor + 1) + width <= blocks->width && height > 0 &&
           get_le16(descriptor + 3) + height <= blocks->height;
}

/* Bytes that begin no block are the end, unless a frame lies behind them. */
static enum gif_next end_at_stray_bytes(const struct gif_blocks *blocks)
{
    if (blocks->frames == 0)
        return GIF_DAMAGED;
    for (size_t at = (size_t)blocks->at; at < blocks->input.size; at++) {
        if (is_frame(blocks, at))
            return GIF_DAMAGED;
    }
    return GIF_END;
}

enum gif_next gif_next(struct gif_blocks *blocks, struct gif_frame *frame)
{
    struct control control = {.transparent = GIF_OPAQUE};

    while (bytes_have(blocks->input, blocks->at, 1)) {
        switch (blocks->input.data[blocks->at]) {
        case BLOCK_EXTENSION:
            if (!read_extension(blocks, &control))
                return GIF_DAMAGED;
            break;
        case BLOCK_FRAME:
            return read_whole_frame(blocks, &control, frame) ? GIF_FRAME : GIF_DAMAGED;
        case BLOCK_TRAILER:
            return blocks->frames > 0 ? GIF_END : GIF_DAMAGED;
        case 0:
            blocks->at++;
            break;
        default:
            return end_at_stray_bytes(blocks);
        }
    }
    return blocks->frames > 0 && !control.pending ? GIF_END : GIF_DAMAGED;
}

struct gif_table gif_colours(const struct gif_blocks *blocks, const struct gif_frame *frame)
{
    static const uint8_t black_and_white[] = {0, 0, 0, 255, 255, 255};

    if (frame->table.colours != NULL)
        return frame->table;
    if (blocks->table.colours != NULL)
        return blocks->table;
    return (struct gif_table){black_and_white, 2};
}

int32_t gif_repeats(const struct gif_blocks *blocks)
{
    if (blocks->loop == 0)
        return IMAGE_LOOP_NONE;
    return get_le16(blocks->input.data + blocks->loop + GIF_LOOP_BYTES - 2);
}
