/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/result.h"
#include "image/probe/gif_blocks.h"

/*
 * Blocks of a GIF89a to the memory of an image_output, one after the other: screen, loop, frames,
 * end. Sets `overflow` and stops writing when the memory is full. One thread.
 */
enum { GIF_COLOURS = 256 };

struct gif_writer {
    struct image_output *output;
    bool overflow;
};

/* Checks the source's frames so far against the limit, each with all of its pixels, shown or not. 0
 * or STATUS_IMAGE_TOO_LARGE with output->detail. */
int gif_within(const struct gif_blocks *source, uint64_t max_pixels, struct image_output *output);

/* Begins the file. A `table` without colours is not written. */
void gif_write_screen(struct gif_writer *writer, uint32_t width, uint32_t height,
                      uint8_t background, struct gif_table table);

/* The loop extension: how often an animation is repeated once it was shown, 0 for ever. None if
 * `repeats` is IMAGE_LOOP_NONE. */
void gif_write_loop(struct gif_writer *writer, int32_t repeats);

/* A frame without its pixels: graphic control, descriptor, and its own table, if it has one. */
void gif_write_frame(struct gif_writer *writer, const struct gif_frame *frame);

void gif_write_end(struct gif_writer *writer);

/* Writes bytes as they are: a frame's code size, sub-blocks and terminator. */
void gif_put(struct gif_writer *writer, const void *bytes, size_t length);
