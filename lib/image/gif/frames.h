/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/canvas.h"
#include "image/gif/palette.h"

/*
 * Writes an animation from the pixels that each frame shall show: any colours become indices of a
 * palette, and only what differs from the frame before is written. A pixel that shall look as
 * before does, to the bit.
 *
 * A frame waits until the next one has come: if that one makes something disappear, it is the frame
 * before it whose disposal does so.
 */
struct gif_frames {
    uint32_t width, height;
    bool single;                     /* it stays at one frame */
    const struct gif_blocks *source; /* for the loop */
    struct gif_writer writer;
    uint32_t *wanted;  /* what the next frame is to show, to be filled in by the caller; owned */
    uint32_t *before;  /* what the last frame should show; owned; NULL if single */
    uint32_t *shown;   /* and what it shows, in the colours that there were; owned; the same */
    int16_t *errors;   /* of two rows, to be made up for by their neighbours; owned */
    uint32_t *samples; /* of what is new; owned */
    size_t sample_count;
    struct gif_palette palette; /* of the last frame */
    uint32_t effort;          /* left for new palettes; once it is used up, the source's are used */
    double error;             /* of it, for the frame that it was chosen for */
    bool begun;               /* the screen is written */
    struct gif_frame waiting; /* its table is in `table` */
    uint8_t *indices;         /* of the frame that waits, width * height; owned */
    bool is_waiting;
    uint8_t table[3 * GIF_COLOURS], first_table[3 * GIF_COLOURS];
    unsigned table_count, first_count;
};

/* 0 or -ENOMEM. To be cleared in either case. `source` is borrowed. */
int gif_frames_begin(struct gif_frames *frames, uint32_t width, uint32_t height, bool single,
                     const struct gif_blocks *source, struct image_output *output);

/* The next frame, which is in `wanted`, and differs from the last one within `area` at most.
 * `table` is what the source has for it. */
void gif_frames_add(struct gif_frames *frames, struct gif_area area, uint16_t delay,
                    struct gif_table table);

/* Ends the file. 0 or STATUS_IMAGE_TOO_LARGE. */
int gif_frames_end(struct gif_frames *frames);

void gif_frames_clear(struct gif_frames *frames);
