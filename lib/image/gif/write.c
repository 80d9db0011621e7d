/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/write.h"

#include "base/status.h"
#include "image/probe/format.h"

#include <stdio.h>

enum { TABLE_FLAG = 0x80, INTERLACE_FLAG = 0x40 };

void gif_put(struct gif_writer *writer, const void *bytes, size_t length)
{
    struct image_output *output = writer->output;

    if (writer->overflow || length > output->capacity - output->size) {
        writer->overflow = true;
        return;
    }
    memcpy(output->data + output->size, bytes, length);
    output->size += length;
}

int gif_within(const struct gif_blocks *source, uint64_t max_pixels, struct image_output *output)
{
    if (source->pixels <= max_pixels)
        return 0;
    snprintf(output->detail, sizeof(output->detail),
             "The frames have more than the %llu pixels allowed.", (unsigned long long)max_pixels);
    return STATUS_IMAGE_TOO_LARGE;
}

static void put_le16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* The flags for a table of 2^(n + 1) colours. */
static uint8_t pack_table(struct gif_table table)
{
    uint8_t bits = 0;

    if (table.colours == NULL)
        return 0;
    while (2U << bits < table.count)
        bits++;
    return TABLE_FLAG | bits;
}

static void put_table(struct gif_writer *writer, struct gif_table table)
{
    if (table.colours != NULL)
        gif_put(writer, table.colours, 3 * (size_t)table.count);
}

void gif_write_screen(struct gif_writer *writer, uint32_t width, uint32_t height,
                      uint8_t background, struct gif_table table)
{
    uint8_t screen[7] = {0};

    put_le16(screen, width);
    put_le16(screen + 2, height);
    screen[4] = pack_table(table);
    screen[5] = background;
    gif_put(writer, "GIF89a", 6);
    gif_put(writer, screen, sizeof(screen));
    put_table(writer, table);
}

void gif_write_loop(struct gif_writer *writer, int32_t repeats)
{
    uint8_t extension[] = "\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0"; /* its NUL ends the sub-blocks */

    if (repeats == IMAGE_LOOP_NONE)
        return;
    put_le16(extension + GIF_LOOP_BYTES - 2, (uint32_t)repeats);
    gif_put(writer, extension, sizeof(extension));
}

static void put_control(struct gif_writer *writer, const struct gif_frame *frame)
{
    uint8_t control[] = {0x21, 0xf9, 4, 0, 0, 0, 0, 0};

    if (frame->disposal == GIF_KEEP && frame->transparent == GIF_OPAQUE && frame->delay == 0)
        return;
    control[3] = (uint8_t)(frame->disposal << 2 | (frame->transparent != GIF_OPAQUE));
    put_le16(control + 4, frame->delay);
    control[6] = frame->transparent != GIF_OPAQUE ? (uint8_t)frame->transparent : 0;
    gif_put(writer, control, sizeof(control));
}

void gif_write_frame(struct gif_writer *writer, const struct gif_frame *frame)
{
    uint8_t descriptor[10] = {0x2c};

    put_control(writer, frame);
    put_le16(descriptor + 1, frame->left);
    put_le16(descriptor + 3, frame->top);
    put_le16(descriptor + 5, frame->width);
    put_le16(descriptor + 7, frame->height);
    descriptor[9] = pack_table(frame->table) | (frame->interlaced ? INTERLACE_FLAG : 0);
    gif_put(writer, descriptor, sizeof(descriptor));
    put_table(writer, frame->table);
}

void gif_write_end(struct gif_writer *writer)
{
    gif_put(writer, ";", 1);
}
