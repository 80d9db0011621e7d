/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/gif/canvas.h"
#include "image/gif/palette.h"

/*
 * Writes an animation from the pixels of its frames: colours become indices of a palette, and only
 * the difference from the frame before is written. A pixel whose wanted colour does not change
 * keeps its shown colour to the bit.
 *
 * A frame is written when the next one is known: if pixels become transparent there, the disposal
 * of the frame before must clear them.
 */
struct gif_frames_format {
    uint32_t width, height;
    bool single;  /* one frame, not an animation */
    int32_t loop; /* repeats once it was shown, 0: for ever; IMAGE_LOOP_NONE */
    int effort;   /* 0..9: how much time is spent on palettes; -1: as 9, 2 to 3 seconds at most */
};

struct gif_frames {
    uint32_t width, height;
    bool single;
    int32_t loop;
    struct gif_writer writer;
    uint32_t *wanted;  /* of the next frame, filled in by the caller; owned */
    uint32_t *before;  /* `wanted` of the last frame; owned; NULL if single */
    uint32_t *shown;   /* by the last frame, in colours of its palette; owned; NULL if single */
    int16_t *errors;   /* of two rows, for dithering; owned */
    uint32_t *samples; /* of the new pixels; owned */
    size_t sample_count;
    struct gif_palette palette; /* of the last frame */
    uint32_t effort;            /* left for new palettes; without any, the source's are used */
    double error;               /* of the palette, in the frame it was chosen for */
    bool begun;                 /* the screen is written */
    struct gif_frame waiting;   /* its table is in `table` */
    uint8_t *indices;           /* of the waiting frame, width * height; owned */
    bool is_waiting;
    uint8_t table[3 * GIF_COLOURS], first_table[3 * GIF_COLOURS];
    unsigned table_count, first_count;
};

/* 0 or -ENOMEM; the caller clears it in either case. */
int gif_frames_begin(struct gif_frames *frames, const struct gif_frames_format *format,
                     struct image_output *output);

/* Adds the next frame, whose pixels are in `wanted` and differ from the last one only in `area`.
 * `table` is the source's table for it. */
void gif_frames_add(struct gif_frames *frames, struct gif_area area, uint16_t delay,
                    struct gif_table table);

/* Ends the file. 0 or STATUS_IMAGE_TOO_LARGE. */
int gif_frames_end(struct gif_frames *frames);

void gif_frames_clear(struct gif_frames *frames);
