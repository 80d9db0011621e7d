/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/frames.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/gif/dither.h"
#include "image/gif/encode.h"
#include "image/gif/quantize.h"

#include <errno.h>
#include <stdlib.h>

/* The number of samples for all new palettes, and what each palette costs on top of its samples.
 * EFFORT takes two to three seconds, so that no number of frames comes near a deadline of ten. */
enum { EFFORT = 3 << 20, EFFORT_OF_PALETTE = 512 };

/* The mean squared error up to which a palette is good enough: about 45 dB. */
static const double GOOD_ERROR = 2;
/* The ratio of errors from which a new palette is worth its bytes. */
static const double BETTER_THAN_SOURCE = 1.2;
/* How much larger its error may be in later frames. */
static const double WORSE_THAN_CHOSEN = 1.1;

/* Half as many for each two steps less: effort 0 has a sixteenth. */
static uint32_t samples_for(int effort)
{
    return effort < 0 ? EFFORT : EFFORT >> (IMAGE_EFFORT_MAX - effort) / 2;
}

int gif_frames_begin(struct gif_frames *frames, const struct gif_frames_format *format,
                     struct image_output *output)
{
    const uint32_t width = format->width, height = format->height;
    const size_t pixels = (size_t)width * height;
    const bool single = format->single;

    *frames = (struct gif_frames){.width = width,
                                  .height = height,
                                  .single = single,
                                  .loop = format->loop,
                                  .effort = samples_for(format->effort),
                                  .writer = {.output = output}};
    frames->wanted = calloc(pixels, sizeof(*frames->wanted));
    frames->before = single ? NULL : calloc(pixels, sizeof(*frames->before));
    frames->shown = single ? NULL : calloc(pixels, sizeof(*frames->shown));
    frames->errors = malloc(gif_dither_bytes(width));
    frames->samples = malloc(GIF_SAMPLES_MAX * sizeof(*frames->samples));
    frames->indices = malloc(pixels);
    if (gif_palette_begin(&frames->palette) != 0 || frames->wanted == NULL ||
        (!single && (frames->before == NULL || frames->shown == NULL)) || frames->errors == NULL ||
        frames->samples == NULL || frames->indices == NULL)
        return -ENOMEM;
    return 0;
}

/* --- colours ------------------------------------------------------------------------------------
 */

static struct gif_area whole(const struct gif_frames *frames)
{
    return (struct gif_area){0, 0, frames->width, frames->height};
}

static bool is_within(struct gif_area area, uint32_t x, uint32_t y)
{
    return x >= area.left && x < area.right && y >= area.top && y < area.bottom;
}

static bool needs_colour(const struct gif_frames *frames, uint32_t x, uint32_t y,
                         struct gif_area cleared)
{
    const size_t at = (size_t)y * frames->width + x;

    return frames->wanted[at] != 0 &&
           (frames->single || frames->wanted[at] != frames->before[at] || is_within(cleared, x, y));
}

/* Samples the pixels of `area` that need a colour. */
static void take_samples(struct gif_frames *frames, struct gif_area area, struct gif_area cleared)
{
    const size_t width = area.right - area.left, pixels = width * (area.bottom - area.top);
    const size_t step = pixels / GIF_SAMPLES_MAX + 1;

    frames->sample_count = 0;
    for (size_t i = 0; i < pixels && frames->sample_count < GIF_SAMPLES_MAX; i += step) {
        uint32_t x = area.left + (uint32_t)(i % width), y = area.top + (uint32_t)(i / width);

        if (needs_colour(frames, x, y, cleared))
            frames->samples[frames->sample_count++] = frames->wanted[(size_t)y * frames->width + x];
    }
}

/* Colours met so far, by hash; 0: none. */
struct colour_set {
    uint32_t pixels[4 * GIF_COLOURS];
    unsigned count;
};

static bool add_colour(struct colour_set *set, uint32_t pixel)
{
    unsigned at = pixel * UINT32_C(2654435761) >> 22; /* Knuth's multiplicative hash: 10 bits */

    while (set->pixels[at] != 0 && set->pixels[at] != pixel)
        at = (at + 1) % ARRAY_LENGTH(set->pixels);
    if (set->pixels[at] == pixel)
        return false;
    set->pixels[at] = pixel;
    set->count++;
    return true;
}

/* All the colours that `area` needs, if they are not more than `limit`; otherwise returns 0. */
static unsigned list_colours(const struct gif_frames *frames, struct gif_area area,
                             struct gif_area cleared, unsigned limit, uint32_t colours[GIF_COLOURS])
{
    struct colour_set set = {0};

    for (uint32_t y = area.top; y < area.bottom; y++) {
        const uint32_t *row = frames->wanted + (size_t)y * frames->width;

        for (uint32_t x = area.left; x < area.right; x++) {
            if (!needs_colour(frames, x, y, cleared) || !add_colour(&set, row[x]))
                continue;
            if (set.count > limit)
                return 0;
            colours[set.count - 1] = row[x];
        }
    }
    return set.count;
}

static bool is_wanted_opaque(const struct gif_frames *frames)
{
    const size_t pixels = (size_t)frames->width * frames->height;

    for (size_t i = 0; i < pixels; i++) {
        if (frames->wanted[i] == 0)
            return false;
    }
    return true;
}

static void use_table(struct gif_frames *frames, struct gif_table table, unsigned limit)
{
    uint32_t pixels[GIF_COLOURS];

    for (unsigned i = 0; i < table.count; i++) {
        const uint8_t *rgb = table.colours + 3 * (size_t)i;

        pixels[i] = gif_pixel_write((struct gif_pixel){rgb[0], rgb[1], rgb[2], 255});
    }
    gif_palette_set(&frames->palette, pixels, table.count, limit);
}

static double error_of(struct gif_frames *frames)
{
    return gif_palette_error(&frames->palette, frames->samples, frames->sample_count);
}

/* Sets the better one of the source's palette and a new one. */
static void find_palette(struct gif_frames *frames, struct gif_table table, unsigned limit)
{
    uint32_t colours[GIF_COLOURS];
    unsigned count;
    double error;

    use_table(frames, table, limit);
    frames->error = error_of(frames);
    if (frames->error <= GOOD_ERROR || frames->effort < frames->sample_count + EFFORT_OF_PALETTE)
        return;
    frames->effort -= (uint32_t)frames->sample_count + EFFORT_OF_PALETTE;
    count = gif_quantize(frames->samples, frames->sample_count, limit, colours);
    gif_palette_set(&frames->palette, colours, count, limit);
    error = error_of(frames);
    if (error * BETTER_THAN_SOURCE < frames->error)
        frames->error = error;
    else
        use_table(frames, table, limit);
}

/* Sets a palette of just these colours, or keeps one that has them: gray, and what has few colours,
 * loses nothing. False: no effort is left for that. */
static bool set_exact_palette(struct gif_frames *frames, struct gif_table table, unsigned limit,
                              const uint32_t *colours, unsigned count)
{
    if (frames->palette.count > 0 && gif_palette_error(&frames->palette, colours, count) == 0)
        return true;
    if (frames->effort < EFFORT_OF_PALETTE)
        return false;
    frames->effort -= EFFORT_OF_PALETTE;
    frames->error = 0;
    if (table.count > 0)
        use_table(frames, table, limit);
    if (table.count == 0 || gif_palette_error(&frames->palette, colours, count) > 0)
        gif_palette_set(&frames->palette, colours, count, limit);
    return true;
}

/* Keeps the palette of the last frame while its error is not much larger than at first. */
static void choose_palette(struct gif_frames *frames, struct gif_table table, unsigned limit)
{
    double error;

    if (frames->palette.count > 0) {
        error = error_of(frames);
        if (error <= GOOD_ERROR || error <= frames->error * WORSE_THAN_CHOSEN)
            return;
    }
    find_palette(frames, table, limit);
}

/* --- the waiting frame --------------------------------------------------------------------------
 */

/* Bits of an index, for all colours and a transparent one if there is room. */
static unsigned index_bits(const struct gif_frames *frames)
{
    unsigned bits = 1, count = frames->table_count + (frames->table_count < GIF_COLOURS);

    while (1U << bits < count)
        bits++;
    return bits;
}

static void write_first_screen(struct gif_frames *frames)
{
    memcpy(frames->first_table, frames->table, sizeof(frames->table));
    frames->first_count = frames->table_count;
    gif_write_screen(&frames->writer, frames->width, frames->height, 0,
                     (struct gif_table){frames->table, 1U << index_bits(frames)});
    gif_write_loop(&frames->writer, frames->loop);
    frames->begun = true;
}

static void write_waiting(struct gif_frames *frames)
{
    struct gif_frame *frame = &frames->waiting;
    const uint8_t *indices = frames->indices + (size_t)frame->top * frames->width + frame->left;

    if (!frames->is_waiting)
        return;
    if (!frames->begun)
        write_first_screen(frames);
    frame->table = (struct gif_table){0};
    if (frames->table_count != frames->first_count ||
        memcmp(frames->table, frames->first_table, 3 * (size_t)frames->table_count) != 0)
        frame->table = (struct gif_table){frames->table, 1U << index_bits(frames)};
    gif_write_frame(&frames->writer, frame);
    gif_encode(&frames->writer, indices, frames->width, frame->width, frame->height,
               index_bits(frames));
    frames->is_waiting = false;
}

static struct gif_area waiting_area(const struct gif_frames *frames)
{
    const struct gif_frame *frame = &frames->waiting;

    return (struct gif_area){frame->left, frame->top, frame->left + frame->width,
                             frame->top + frame->height};
}

static void set_waiting_area(struct gif_frames *frames, struct gif_area area)
{
    struct gif_frame *frame = &frames->waiting;

    frame->left = area.left;
    frame->top = area.top;
    frame->width = area.right - area.left;
    frame->height = area.bottom - area.top;
}

/* The part of `area` that becomes transparent. */
static struct gif_area find_gone(const struct gif_frames *frames, struct gif_area area)
{
    struct gif_area gone = {0};

    for (uint32_t y = area.top; y < area.bottom; y++) {
        const size_t row = (size_t)y * frames->width;

        for (uint32_t x = area.left; x < area.right; x++) {
            if (frames->wanted[row + x] == 0 && frames->shown[row + x] != 0)
                gone = gif_area_union(gone, (struct gif_area){x, y, x + 1, y + 1});
        }
    }
    return gone;
}

/* Has the waiting frame disposed of if pixels become transparent. Returns the part that is cleared.
 */
static struct gif_area clear_gone(struct gif_frames *frames, struct gif_area area)
{
    struct gif_area gone = {0};

    if (frames->is_waiting)
        gone = find_gone(frames, area);
    if (gif_area_is_empty(gone))
        return gone;
    gone = gif_area_union(gone, waiting_area(frames));
    set_waiting_area(frames, gone);
    frames->waiting.disposal = GIF_TO_BACKGROUND;
    return gone;
}

/* --- a new frame --------------------------------------------------------------------------------
 */

static void keep_table(struct gif_frames *frames)
{
    const struct gif_palette *palette = &frames->palette;

    memset(frames->table, 0, sizeof(frames->table));
    for (unsigned i = 0; i < palette->count; i++)
        memcpy(frames->table + 3 * (size_t)i, &palette->pixels[i], 3);
    frames->table_count = palette->count;
}

/* Maps `area` to colours; `cleared` was disposed of. `opaque`: no pixel is left out. */
static void draw_area(struct gif_frames *frames, struct gif_area area, struct gif_area cleared,
                      bool opaque)
{
    const unsigned transparent = frames->palette.count;
    struct gif_dither dither = {
        .palette = &frames->palette,
        .width = frames->width,
        .wanted = frames->wanted,
        .before = frames->before,
        .shown = frames->shown,
        .indices = frames->indices,
        .transparent = (uint8_t)transparent,
        .area = area,
        .cleared = cleared,
        .errors = frames->errors,
    };
    struct gif_area drawn;

    keep_table(frames);
    memset(frames->indices, (int)transparent, (size_t)frames->width * frames->height);
    drawn = gif_dither(&dither);
    if (!frames->begun)
        drawn = whole(frames);
    else if (gif_area_is_empty(drawn))
        drawn = (struct gif_area){0, 0, 1, 1};
    set_waiting_area(frames, drawn);
    frames->waiting.transparent =
        transparent < GIF_COLOURS && !opaque ? (int)transparent : GIF_OPAQUE;
}

static void remember(struct gif_frames *frames, struct gif_area area)
{
    const size_t bytes = (area.right - area.left) * sizeof(*frames->wanted);

    for (uint32_t y = area.top; !frames->single && y < area.bottom; y++) {
        size_t at = (size_t)y * frames->width + area.left;

        memcpy(frames->before + at, frames->wanted + at, bytes);
    }
}

void gif_frames_add(struct gif_frames *frames, struct gif_area area, uint16_t delay,
                    struct gif_table table)
{
    const bool opaque = frames->single && is_wanted_opaque(frames);
    const unsigned limit = GIF_COLOURS - (opaque ? 0 : 1);
    uint32_t colours[GIF_COLOURS];
    struct gif_area cleared = {0};
    unsigned count;

    if (gif_area_is_empty(area))
        area = (struct gif_area){0};
    if (!frames->single)
        cleared = clear_gone(frames, area);
    write_waiting(frames);
    area = gif_area_union(area, cleared);
    if (!frames->begun)
        area = whole(frames);
    count = list_colours(frames, area, cleared, limit, colours);
    if (count == 0 || !set_exact_palette(frames, table, limit, colours, count)) {
        take_samples(frames, area, cleared);
        if (frames->sample_count > 0 || frames->palette.count == 0)
            choose_palette(frames, table, limit);
    }
    frames->waiting = (struct gif_frame){.delay = delay};
    draw_area(frames, area, cleared, opaque);
    remember(frames, area);
    frames->is_waiting = true;
}

int gif_frames_end(struct gif_frames *frames)
{
    write_waiting(frames);
    gif_write_end(&frames->writer);
    return frames->writer.overflow ? STATUS_IMAGE_TOO_LARGE : 0;
}

void gif_frames_clear(struct gif_frames *frames)
{
    gif_palette_clear(&frames->palette);
    free(frames->wanted);
    free(frames->before);
    free(frames->shown);
    free(frames->errors);
    free(frames->samples);
    free(frames->indices);
    *frames = (struct gif_frames){0};
}
