/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/result.h"
#include "image/probe/gif_blocks.h"

/*
 * Blocks of a GIF89a to the memory of an image_output, one after the other: screen, loop, frames,
 * end. What does not fit is noted and not written. One thread.
 */
enum { GIF_COLOURS = 256 };

struct gif_writer {
    struct image_output *output;
    bool overflow;
};

/* Whether the source's frames so far, each with all of its pixels, whatever the screen shows of it,
 * are within the limit. 0 or STATUS_IMAGE_TOO_LARGE with output->detail. */
int gif_within(const struct gif_blocks *source, uint64_t max_pixels, struct image_output *output);

/* Begins the file. `table` without colours: none. */
void gif_write_screen(struct gif_writer *writer, uint32_t width, uint32_t height,
                      uint8_t background, struct gif_table table);

/* The loop extension of the source, if it has one. */
void gif_write_loop(struct gif_writer *writer, const struct gif_blocks *source);

/* All of a frame but its pixels: graphic control, descriptor, and its own table, if it has one. */
void gif_write_frame(struct gif_writer *writer, const struct gif_frame *frame);

void gif_write_end(struct gif_writer *writer);

/* For pixels: a code size and sub-blocks with their end. */
void gif_put(struct gif_writer *writer, const void *bytes, size_t length);
