/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp/animation.h"

/*
 * RFC 9649: RIFF, VP8X, ANIM, then an ANMF for each frame, which holds the chunks of a still
 * image. libwebp's own encoder of animations is not used: it merges frames that look alike. Nor is
 * libvips: it shows frames of less than 11 ms for 100 ms.
 */
#include "base/status.h"
#include "image/probe/webp_chunks.h"

#include <errno.h>
#include <stdlib.h>

enum {
    ANIM_BYTES = 6,
    START_BYTES = WEBP_RIFF_BYTES + 2 * WEBP_CHUNK_BYTES + WEBP_VP8X_BYTES + ANIM_BYTES,
    FLAG_ANIMATION = 0x02,
    FLAG_ALPHA = 0x10,
    FRAME_REPLACES = 0x02, /* what was there, rather than being laid over it */
    DELAY_MAX = 0xffffff,
    LOOP_MAX = 0xffff,
};

/* A part of a frame; frames lie at even places. */
struct frame_part {
    int left, top, width, height;
};

static void put_le(uint8_t *at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint8_t *put_chunk(uint8_t *at, const char *name, uint32_t size)
{
    memcpy(at, name, 4);
    put_le(at + 4, size, 4);
    return at + WEBP_CHUNK_BYTES;
}

int webp_animation_begin(struct webp_animation *animation, const struct webp_format *format,
                         unsigned loop, struct image_output *output)
{
    size_t frame_bytes = (size_t)format->width * (size_t)format->height * (size_t)format->bands;
    uint8_t *at = output->data;

    *animation = (struct webp_animation){.format = *format, .output = output};
    output->size = 0;
    if (output->capacity < START_BYTES)
        return STATUS_IMAGE_TOO_LARGE;
    animation->piece = malloc(frame_bytes);
    if (animation->piece == NULL)
        return -ENOMEM;
    memset(at, 0, START_BYTES);
    at = put_chunk(at, "RIFF", 0);
    memcpy(at, "WEBP", 4);
    at = put_chunk(at + 4, "VP8X", WEBP_VP8X_BYTES);
    at[0] = FLAG_ANIMATION;
    put_le(at + 4, (uint32_t)format->width - 1, 3);
    put_le(at + 7, (uint32_t)format->height - 1, 3);
    at = put_chunk(at + WEBP_VP8X_BYTES, "ANIM", ANIM_BYTES);
    put_le(at, 0xffffffff, 4); /* background: white, which no viewer paints */
    put_le(at + 4, loop < LOOP_MAX ? loop : LOOP_MAX, 2);
    output->size = START_BYTES;
    return 0;
}

/* --- what of a frame is new ---------------------------------------------------------------------
 */

static bool row_differs(const struct webp_animation *animation, const uint8_t *samples, int y)
{
    size_t row = (size_t)animation->format.width * (size_t)animation->format.bands;

    return memcmp(animation->before + row * (size_t)y, samples + row * (size_t)y, row) != 0;
}

/* Moves *left and *right out to the first and behind the last new pixel of the row. */
static void widen(const struct webp_animation *animation, const uint8_t *samples, int y, int *left,
                  int *right)
{
    size_t bands = (size_t)animation->format.bands;
    size_t row = (size_t)animation->format.width * bands * (size_t)y;
    const uint8_t *before = animation->before + row, *now = samples + row;
    size_t first = 0, last = (size_t)animation->format.width;

    while (first < (size_t)*left && memcmp(before + first * bands, now + first * bands, bands) == 0)
        first++;
    while (last > (size_t)*right &&
           memcmp(before + (last - 1) * bands, now + (last - 1) * bands, bands) == 0)
        last--;
    *left = (int)first;
    *right = (int)last;
}

/* The smallest part that holds all new pixels; one pixel if there are none. */
static struct frame_part find_new(const struct webp_animation *animation, const uint8_t *samples)
{
    int left = animation->format.width, right = 0, top = 0, bottom = animation->format.height;

    if (animation->before == NULL)
        return (struct frame_part){0, 0, animation->format.width, bottom};
    while (top < bottom && !row_differs(animation, samples, top))
        top++;
    if (top == bottom)
        return (struct frame_part){0, 0, 1, 1};
    while (!row_differs(animation, samples, bottom - 1))
        bottom--;
    for (int y = top; y < bottom; y++)
        widen(animation, samples, y, &left, &right);
    left -= left % 2;
    top -= top % 2;
    return (struct frame_part){left, top, right - left, bottom - top};
}

/* Into animation->piece. */
static void cut_out(const struct webp_animation *animation, const uint8_t *samples,
                    const struct frame_part *part)
{
    size_t bands = (size_t)animation->format.bands, row = (size_t)part->width * bands;

    for (int y = 0; y < part->height; y++)
        memcpy(animation->piece + row * (size_t)y,
               samples + ((size_t)(part->top + y) * (size_t)animation->format.width +
                          (size_t)part->left) *
                             bands,
               row);
}

/* ------------------------------------------------------------------------------------------------
 */

static bool has_full_alpha(const struct webp_format *format, const uint8_t *samples)
{
    size_t bands = (size_t)format->bands;
    size_t end = (size_t)format->width * (size_t)format->height * bands;

    for (size_t at = bands - 1; bands % 2 == 0 && at < end; at += bands) {
        if (samples[at] != 255)
            return false;
    }
    return true;
}

/* Encodes the part as a file of its own, placed so that its chunks lie where they belong; its
 * headers are overwritten afterwards. */
static int encode_part(struct webp_animation *animation, const struct frame_part *part,
                       size_t *bytes)
{
    enum { FILE_AT = WEBP_CHUNK_BYTES + WEBP_ANMF_BYTES - WEBP_RIFF_BYTES };
    struct image_output *output = animation->output;
    struct image_output file = {.data = output->data + output->size + FILE_AT};
    struct webp_format format = animation->format;
    uint8_t *chunks = file.data + WEBP_RIFF_BYTES;
    int status;

    if (output->capacity - output->size < FILE_AT)
        return STATUS_IMAGE_TOO_LARGE;
    file.capacity = output->capacity - output->size - FILE_AT;
    format.width = part->width;
    format.height = part->height;
    status = webp_encode(&format, animation->piece, &file);
    if (status != 0)
        return status;
    *bytes = file.size - WEBP_RIFF_BYTES;
    if (memcmp(chunks, "VP8X", 4) == 0) {
        *bytes -= WEBP_CHUNK_BYTES + WEBP_VP8X_BYTES;
        memmove(chunks, chunks + WEBP_CHUNK_BYTES + WEBP_VP8X_BYTES, *bytes);
    }
    return 0;
}

static int remember(struct webp_animation *animation, const uint8_t *samples)
{
    const struct webp_format *format = &animation->format;
    size_t bytes = (size_t)format->width * (size_t)format->height * (size_t)format->bands;

    if (animation->before == NULL && (animation->before = malloc(bytes)) == NULL)
        return -ENOMEM;
    memcpy(animation->before, samples, bytes);
    return 0;
}

int webp_animation_add(struct webp_animation *animation, const uint8_t *samples, unsigned delay)
{
    const struct frame_part part = find_new(animation, samples);
    struct image_output *output = animation->output;
    size_t bytes = 0;
    uint8_t *at;
    int status;

    cut_out(animation, samples, &part);
    status = encode_part(animation, &part, &bytes);
    if (status != 0)
        return status;
    at = put_chunk(output->data + output->size, "ANMF", (uint32_t)(WEBP_ANMF_BYTES + bytes));
    put_le(at, (uint32_t)part.left / 2, 3);
    put_le(at + 3, (uint32_t)part.top / 2, 3);
    put_le(at + 6, (uint32_t)part.width - 1, 3);
    put_le(at + 9, (uint32_t)part.height - 1, 3);
    put_le(at + 12, delay < DELAY_MAX ? delay : DELAY_MAX, 3);
    at[15] = FRAME_REPLACES;
    if (!has_full_alpha(&animation->format, samples))
        output->data[WEBP_RIFF_BYTES + WEBP_CHUNK_BYTES] |= FLAG_ALPHA;
    output->size += WEBP_CHUNK_BYTES + WEBP_ANMF_BYTES + bytes;
    return remember(animation, samples);
}

void webp_animation_end(struct webp_animation *animation)
{
    struct image_output *output = animation->output;

    put_le(output->data + 4, (uint32_t)(output->size - WEBP_CHUNK_BYTES), 4);
}

void webp_animation_clear(struct webp_animation *animation)
{
    free(animation->before);
    free(animation->piece);
    *animation = (struct webp_animation){0};
}
