/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/multiversion.h"
#include "image/jpeg/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The entropy-coded bytes of a scan: Huffman tables, and a reader of bits (ITU-T T.81, annex F).
 *
 * The reader never checks for the end of the bytes. They are copied, without stuffing, to memory
 * with ENTROPY_MARGIN zero bytes after them. No MCU, however damaged, reads further than that, and
 * after each MCU reader_is_past_end() says whether it read too far.
 */
enum {
    ENTROPY_WINDOW = 11,   /* bits that one table lookup sees */
    ENTROPY_MARGIN = 4096, /* ten damaged blocks of 64 * 31 bits, and a refill */
};

struct huffman {
    uint8_t source[16 + 256]; /* the counts and values of the DHT segment */
    unsigned values;
    uint32_t limit[17]; /* a 16-bit window below limit[n] begins with a code of <= n bits */
    int32_t offset[17]; /* added to such a code: the index of its value */
    uint16_t first[1 << ENTROPY_WINDOW]; /* code length << 8 | value; 0: a longer code, or none */
};

/* For skipping AC coefficients: all symbols that end inside one window at once. */
struct skip_table {
    struct huffman huffman;
    /* Four bytes, from the lowest: bits of all symbols, coefficients of all (plus SKIP_END if the
     * last one ends the block), bits of the first symbol, coefficients of the first. 0: no code is
     * short enough. */
    uint32_t look[1 << ENTROPY_WINDOW];
};

enum { SKIP_END = 0x80 };

/* For reading the first coefficients of a block one by one, and skipping the rest. */
struct ac_table {
    struct skip_table skip;
    /* Bytes, from the lowest: bits of code and value, at most AC_BITS_MAX; bits of the value; zeros
     * before it. With AC_END: bits of a code that ends the block. AC_LONG: any other symbol. */
    uint32_t one[1 << ENTROPY_WINDOW];
};

enum { AC_SIZE_MAX = 10, AC_BITS_MAX = ENTROPY_WINDOW + AC_SIZE_MAX };
enum { AC_END = 1 << 24, AC_LONG = 2 << 24, AC_UNUSUAL = AC_END | AC_LONG };

/* Builds a table from a DHT's counts and values, unless it holds that table already. Values above
 * value_max are refused. 0 or STATUS_IMAGE_CORRUPT. */
int huffman_build(struct huffman *huffman, const struct jpeg_table *table, unsigned value_max);
int skip_table_build(struct skip_table *skip, const struct jpeg_table *table);
int ac_table_build(struct ac_table *ac, const struct jpeg_table *table);

/* The code at the front of a 16-bit window, longer than ENTROPY_WINDOW: code length << 8 | value;
 * 0: there is no such code. */
unsigned huffman_long_code(const struct huffman *huffman, unsigned window16);

/* --- bits ---------------------------------------------------------------------------------------
 */

struct bit_reader {
    const uint8_t *at; /* next byte to load */
    uint64_t bits;     /* the top `count` are valid; those below are zeros or the next ones */
    unsigned count;
};

static _inline_ uint64_t load_u64(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof(value));
    return __builtin_bswap64(value);
}

/* At least 56 bits afterwards. */
static _inline_ void bits_refill(struct bit_reader *reader)
{
    reader->bits |= load_u64(reader->at) >> reader->count;
    reader->at += (63 - reader->count) >> 3;
    reader->count |= 56;
}

static _inline_ unsigned bits_peek(const struct bit_reader *reader, unsigned n)
{
    return (unsigned)(reader->bits >> (64 - n));
}

/* n < 64, at most `count`. */
static _inline_ void bits_drop(struct bit_reader *reader, unsigned n)
{
    reader->bits <<= n;
    reader->count -= n;
}

static _inline_ unsigned bits_take(struct bit_reader *reader, unsigned n)
{
    unsigned value = (unsigned)(reader->bits >> 1 >> (63 - n));

    bits_drop(reader, n);
    return value;
}

/* The next code's length << 8 | value, not yet dropped; 0: none. Needs 16 bits. */
static _inline_ unsigned bits_symbol(const struct bit_reader *reader, const struct huffman *huffman)
{
    unsigned symbol = huffman->first[bits_peek(reader, ENTROPY_WINDOW)];

    return __builtin_expect(symbol != 0, 1) ? symbol
                                            : huffman_long_code(huffman, bits_peek(reader, 16));
}

/* The signed value of the next `size` bits (T.81, F.2.2.1, EXTEND); 0 if size is 0. */
static _inline_ int bits_take_signed(struct bit_reader *reader, unsigned size)
{
    int negative = -(int)(~reader->bits >> 63); /* all ones where the top bit is clear */

    return (int)bits_take(reader, size) + (negative & (1 - (1 << size)));
}

/* The value after a code that bits_symbol found; drops both. Both shifts start from the same bits,
 * so that the next code depends on one of them only. */
static _inline_ int bits_take_value(struct bit_reader *reader, unsigned symbol)
{
    unsigned length = symbol >> 8, size = symbol & 15;
    uint64_t bits = reader->bits << length;
    unsigned value = (unsigned)(bits >> 1 >> (63 - size));
    int negative = -(int)(~bits >> 63);

    bits_drop(reader, length + size);
    return (int)value + (negative & (1 - (1 << size)));
}

/* The signed value in the last `size` of the next `total` bits, 0 < size <= total < 32. Drops all.
 */
static _inline_ int bits_take_last(struct bit_reader *reader, unsigned total, unsigned size)
{
    unsigned all = (unsigned)(reader->bits >> (64 - total)), ones = (1U << size) - 1;
    unsigned value = all & ones,
             negative = (value >> (size - 1)) - 1; /* all ones if it is negative */

    bits_drop(reader, total);
    return (int)(value - (negative & ones));
}

/* A difference of DC coefficients. False: no such code. Refills. */
static _inline_ bool bits_dc(struct bit_reader *reader, const struct huffman *huffman, int *value)
{
    unsigned symbol;

    bits_refill(reader);
    symbol = bits_symbol(reader, huffman);
    bits_drop(reader, symbol >> 8);
    *value = bits_take_signed(reader, symbol & 15);
    return symbol != 0;
}

/* --- a scan -------------------------------------------------------------------------------------
 */

struct scan_reader {
    struct bit_reader bits;
    const uint8_t *bytes; /* the scan's bytes copied so far, without stuffing */
    const uint8_t *end;   /* of the bytes before the next restart marker */
    uint8_t *copy;        /* where the next bytes are copied to */
    const uint8_t *source, *source_end;
    const uint8_t *segment;      /* where the current segment begins: in the source ... */
    const uint8_t *segment_copy; /* ... and in the copy */
    unsigned restart_interval, until_restart; /* MCUs */
    unsigned next_restart;                    /* 0..7 */
};

/* Begins a scan; `memory` has room for its bytes and ENTROPY_MARGIN more. */
void scan_reader_begin(struct scan_reader *reader, const struct jpeg_scan *scan, uint8_t *memory);

/* Called before each MCU of a scan with restarts: reads the marker if one is due (*restarted: the
 * caller resets its predictions). 0, or STATUS_IMAGE_CORRUPT if the marker is missing. */
int scan_reader_restart(struct scan_reader *reader, bool *restarted);

/* Called after the last MCU. 0, or STATUS_IMAGE_CORRUPT if the bytes ended too early. *end, unless
 * `end` is NULL, is where the last code ends in the scan's bytes. Encoders, mostly in cameras, may
 * leave padding of any length after it. */
int scan_reader_finish(const struct scan_reader *reader, const uint8_t **end);

/* The position in bits from reader->bytes. */
static _inline_ size_t reader_position(const struct scan_reader *reader,
                                       const struct bit_reader *bits)
{
    return (size_t)(bits->at - reader->bytes) * 8 - bits->count;
}

static _inline_ bool reader_is_past_end(const struct scan_reader *reader,
                                        const struct bit_reader *bits)
{
    return bits->at > reader->end &&
           reader_position(reader, bits) > (size_t)(reader->end - reader->bytes) * 8;
}

/* Skips AC coefficients from number k to the end of the block. False: a code that is not in the
 * table, or more than 63 coefficients. */
static _inline_ bool bits_skip_ac(struct bit_reader *reader, const struct skip_table *table,
                                  unsigned k)
{
    while (k < 64) {
        uint32_t look;
        unsigned next;

        bits_refill(reader);
        look = table->look[bits_peek(reader, ENTROPY_WINDOW)];
        next = k + (look >> 8 & 0xff);
        if (__builtin_expect(look != 0 && next < 64, 1)) {
            bits_drop(reader, look & 0xff);
            k = next;
            continue;
        }
        if (__builtin_expect(look != 0 && (next & SKIP_END) && (next & 0x7f) < 64, 1)) {
            bits_drop(reader, look & 0xff);
            return true;
        }
        /* One symbol alone: a long code, or the last one of a block with the next block's after it.
         */
        look >>= 16;
        if (look == 0) {
            unsigned symbol = huffman_long_code(&table->huffman, bits_peek(reader, 16));
            unsigned size = symbol & 15, run = symbol >> 4 & 15;

            if (symbol == 0)
                return false;
            look = (symbol >> 8) + size;
            look |= size == 0 && run != 15 ? SKIP_END << 8 : (run + 1) << 8;
        }
        bits_drop(reader, look & 0xff);
        if (look >> 8 & SKIP_END)
            return true;
        k += look >> 8;
    }
    return k == 64;
}
