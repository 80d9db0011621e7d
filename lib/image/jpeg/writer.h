/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/entropy.h"
#include "image/jpeg/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes a gray JPEG into memory that does not grow: markers, and entropy-coded bits with their
 * stuffing. Once something did not fit, `full` stays set and nothing more is written.
 */
struct jpeg_writer {
    uint8_t *begin, *at, *end;
    uint64_t bits; /* the lower 64 - room are waiting */
    unsigned room;
    bool full;
};

/* The payload of a JFIF segment (T.871, 10.1) with the density that another one said, if that is a
 * valid one. */
enum { JPEG_JFIF_BYTES = 14 };

void jpeg_jfif(const struct jpeg_application *application, uint8_t payload[JPEG_JFIF_BYTES]);

void writer_begin(struct jpeg_writer *writer, uint8_t *memory, size_t capacity);

/* SOI, JFIF with the layout's density, the luma's DQT, and a frame of one component. */
void writer_gray_header(struct jpeg_writer *writer, const struct jpeg_layout *layout);

/* A DHT of one table, number 0; class 0 is DC, 1 AC. */
void writer_huffman(struct jpeg_writer *writer, unsigned class, const struct jpeg_table *table);

void writer_restart_interval(struct jpeg_writer *writer, unsigned interval);

/* SOS of the one component. */
void writer_scan(struct jpeg_writer *writer, const struct jpeg_scan *scan);

/* Entropy-coded bytes as they were in another file. */
void writer_bytes(struct jpeg_writer *writer, const uint8_t *bytes, size_t size);

/* Fills the last byte of a scan with ones. */
void writer_flush(struct jpeg_writer *writer);

/* EOI. Returns the size of it all; 0: it did not fit. */
size_t writer_finish(struct jpeg_writer *writer);

/* The table for DC differences that an encoder uses who has not counted them (T.81, K.3.1): every
 * difference of 8-bit images has a code there. */
extern const struct jpeg_table writer_dc_table;

/* --- bits ---------------------------------------------------------------------------------------
 */

/* Room for `bits` more of them, stuffing included; sets `full` and returns false where there is
 * none. Between two calls no more may be put. */
static _inline_ bool writer_reserve(struct jpeg_writer *writer, size_t bits)
{
    if (__builtin_expect((size_t)(writer->end - writer->at) < (bits >> 3) * 2 + 32, 0))
        writer->full = true;
    return !writer->full;
}

static _inline_ void writer_store(struct jpeg_writer *writer, uint64_t bits)
{
    uint64_t swapped = __builtin_bswap64(bits);

    /* No byte is 0xff: adding one to each carries out of none that has its top bit set. */
    if (__builtin_expect((bits & 0x8080808080808080 & ~(bits + 0x0101010101010101)) == 0, 1)) {
        memcpy(writer->at, &swapped, sizeof(swapped));
        writer->at += 8;
        return;
    }
    for (unsigned i = 0; i < 8; i++, swapped >>= 8) {
        *writer->at++ = (uint8_t)swapped;
        if ((uint8_t)swapped == 0xff)
            *writer->at++ = 0;
    }
}

/* The lower n bits of value, 1 <= n <= 57; those above are zeros. */
static _inline_ void writer_put(struct jpeg_writer *writer, uint64_t value, unsigned n)
{
    if (n < writer->room) {
        writer->bits = writer->bits << n | value;
        writer->room -= n;
        return;
    }
    n -= writer->room;
    writer_store(writer, writer->bits << (writer->room & 63) | value >> n);
    writer->bits = value;
    writer->room = 64 - n;
}

/* `length` bits that lie at bit `position` of some bytes; 8 more bytes behind them are read. */
static _inline_ void writer_copy(struct jpeg_writer *writer, const uint8_t *bytes, size_t position,
                                 size_t length)
{
    for (;;) {
        uint64_t window = load_u64(bytes + (position >> 3)) << (position & 7);

        if (length <= 56) {
            if (length > 0)
                writer_put(writer, window >> (64 - length), (unsigned)length);
            return;
        }
        writer_put(writer, window >> 8, 56);
        position += 56;
        length -= 56;
    }
}

/* A DC difference of at most 11 bits, with writer_dc_table. */
static _inline_ void writer_dc(struct jpeg_writer *writer, int difference)
{
    static const uint16_t code[12] = {0x000, 0x002, 0x003, 0x004, 0x005, 0x006,
                                      0x00e, 0x01e, 0x03e, 0x07e, 0x0fe, 0x1fe};
    static const uint8_t length[12] = {2, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9};
    /* cppcheck-suppress [shiftNegativeLHS,shiftTooManyBitsSigned] ; gcc and clang shift the sign in
     */
    int negative = difference >> 31;
    unsigned magnitude = (unsigned)((difference ^ negative) - negative);
    unsigned size = 32 - (unsigned)__builtin_clz(magnitude << 1 | 1) - 1;
    unsigned value = (unsigned)(difference + negative) & ((1U << size) - 1);

    writer_put(writer, (uint64_t)code[size] << size | value, length[size] + size);
}
