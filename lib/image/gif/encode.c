/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/encode.h"

#include "image/core/multiversion.h"

/*
 * GIF89a appendix F, the inverse of lzw.c. A hash table holds the codes known so far: it maps a
 * code and the index after it to the code for both. When all codes are used, the table is cleared.
 */
enum {
    CODE_BITS_MIN = 2,
    CODE_BITS_MAX = 12,
    CODES = 1 << CODE_BITS_MAX,
    PLACES = 2 * CODES,
    PLACE_BITS = CODE_BITS_MAX + 1,
    BLOCK_BYTES = 255,
};

struct lzw_encoder {
    struct gif_writer *writer;
    uint64_t bits; /* not written yet */
    unsigned count;
    unsigned size, width, next; /* smallest width of a code less 1, current width, next free code */
    unsigned filled;            /* bytes of the block */
    uint8_t block[1 + BLOCK_BYTES]; /* the first byte is its length */
    uint32_t places[PLACES]; /* code << 8 | index, 20 bits, then the code for both; 0: free */
};

static void put_block(struct lzw_encoder *encoder)
{
    encoder->block[0] = (uint8_t)encoder->filled;
    gif_put(encoder->writer, encoder->block, 1 + (size_t)encoder->filled);
    encoder->filled = 0;
}

static _inline_ void put_byte(struct lzw_encoder *encoder)
{
    encoder->block[1 + encoder->filled++] = (uint8_t)encoder->bits;
    encoder->bits >>= 8;
    encoder->count = encoder->count > 8 ? encoder->count - 8 : 0;
    if (encoder->filled == BLOCK_BYTES)
        put_block(encoder);
}

static _inline_ void put_code(struct lzw_encoder *encoder, unsigned code)
{
    encoder->bits |= (uint64_t)code << encoder->count;
    encoder->count += encoder->width;
    while (encoder->count >= 8)
        put_byte(encoder);
}

/* Clears the table, and makes the decoder do the same. */
static void write_clear_code(struct lzw_encoder *encoder)
{
    put_code(encoder, 1U << encoder->size);
    encoder->width = encoder->size + 1;
    encoder->next = (1U << encoder->size) + 2;
    memset(encoder->places, 0, sizeof(encoder->places));
}

/* The place of the pair, or the free place for it. */
static _inline_ uint32_t *find_place(struct lzw_encoder *encoder, uint32_t pair)
{
    uint32_t place = pair * 2654435761U >> (32 - PLACE_BITS);

    while (encoder->places[place] != 0 && encoder->places[place] >> CODE_BITS_MAX != pair)
        place = (place + 1) % PLACES;
    return &encoder->places[place];
}

/* The decoder adds a code one step later, so codes become wider one step later, too. */
static _inline_ void add_code(struct lzw_encoder *encoder, uint32_t *place, uint32_t pair)
{
    if (encoder->next == CODES) {
        write_clear_code(encoder);
        return;
    }
    *place = pair << CODE_BITS_MAX | encoder->next;
    if (encoder->next++ == 1U << encoder->width)
        encoder->width++;
}

static _inline_ unsigned encode_pixels(struct lzw_encoder *encoder, unsigned code,
                                       const uint8_t *indices, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t pair = code << 8 | indices[x];
        uint32_t *place = find_place(encoder, pair);

        if (*place != 0) {
            code = *place & (CODES - 1);
            continue;
        }
        put_code(encoder, code);
        add_code(encoder, place, pair);
        code = indices[x];
    }
    return code;
}

_multiversion_ void gif_encode(struct gif_writer *writer, const uint8_t *indices, size_t pitch,
                               uint32_t width, uint32_t height, unsigned bits)
{
    struct lzw_encoder encoder = {.writer = writer};
    unsigned code = indices[0];
    uint8_t size;

    encoder.size = bits < CODE_BITS_MIN ? CODE_BITS_MIN : bits;
    encoder.width = encoder.size + 1;
    size = (uint8_t)encoder.size;
    gif_put(writer, &size, 1);
    write_clear_code(&encoder);
    code = encode_pixels(&encoder, code, indices + 1, width - 1);
    for (uint32_t y = 1; y < height; y++)
        code = encode_pixels(&encoder, code, indices + y * pitch, width);
    put_code(&encoder, code);
    add_code(&encoder, find_place(&encoder, CODES << 8),
             CODES << 8); /* for the width of the end code */
    put_code(&encoder, (1U << encoder.size) + 1);
    while (encoder.count > 0)
        put_byte(&encoder);
    if (encoder.filled > 0)
        put_block(&encoder);
    gif_put(writer, "", 1);
}
