/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * The one reader of a GIF's blocks, for its header, its gray copy and its resizing:
 *
 *     screen descriptor, [colour table], { extension | frame }, trailer
 *
 * Pixels are not touched. Errors in files are read as browsers do:
 *
 *     no trailer, or bytes behind it            the end is the end
 *     NULs between blocks                       are skipped
 *     another byte where a block should begin   the end, unless a frame lies behind it: damage
 *     a first frame that leaves the screen      widens it; later frames are cut off by it
 *     several graphic controls before a frame   the last one counts
 *     a graphic control of other than 4 bytes   its first four; none if there are fewer
 *     no colour table at all                    black and white
 *     an index beyond the table                 nothing is drawn
 *
 * A file that ends within a frame, before the end of its data, or between a graphic control and its
 * frame was cut off: damage.
 */
enum { GIF_LOOP_BYTES = 18, GIF_OPAQUE = -1 };

enum gif_disposal { GIF_KEEP, GIF_KEEP_TOO, GIF_TO_BACKGROUND, GIF_TO_PREVIOUS };

struct gif_table {
    const uint8_t *colours; /* R, G, B each; in the file; NULL: no table */
    unsigned count;         /* 2, 4 ... 256; or 0 */
};

struct gif_frame {
    uint32_t left, top, width, height; /* may be 0, and reach beyond the screen */
    bool interlaced;
    struct gif_table table; /* its own; without colours: the file's */
    enum gif_disposal disposal;
    int transparent;  /* index; GIF_OPAQUE: none */
    uint16_t delay;   /* hundredths of a second */
    size_t data, end; /* offsets of the LZW code size, and behind the end of its sub-blocks */
};

struct gif_blocks {
    struct bytes input;
    uint64_t at;            /* of the next block */
    uint32_t width, height; /* of the screen, which the first frame may widen */
    struct gif_table table; /* for frames without one of their own */
    uint32_t frames;        /* begun so far */
    uint64_t pixels;        /* of them, whatever the screen shows of each */
    uint8_t background;     /* index, which browsers do not look at */
    size_t loop; /* offset of the loop extension, GIF_LOOP_BYTES and its end; 0: not seen */
};

enum gif_next { GIF_DAMAGED, GIF_FRAME, GIF_END };

/* Reads the screen descriptor and table. False: damaged. Any thread, as all of these. */
bool gif_begin(struct gif_blocks *blocks, struct bytes input);

/* The next frame. Damage ends the walk; a frame that is cut off is counted. */
enum gif_next gif_next(struct gif_blocks *blocks, struct gif_frame *frame);

/* How often the file says that the animation is repeated once it was shown, 0 for ever;
 * IMAGE_LOOP_NONE: it has not said so yet. */
int32_t gif_repeats(const struct gif_blocks *blocks);

/* The table that a frame's indices refer to; black and white if the file has none at all. */
struct gif_table gif_colours(const struct gif_blocks *blocks, const struct gif_frame *frame);
