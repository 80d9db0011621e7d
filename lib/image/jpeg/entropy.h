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
 * The reader never needs to look whether the bytes end: they are copied, without their stuffing,
 * into memory with ENTROPY_MARGIN spare bytes behind, which an MCU does not pass however broken it
 * is, and after each MCU reader_is_past_end() tells whether it went too far.
 */
enum {
    ENTROPY_WINDOW = 11,   /* bits that one table lookup sees */
    ENTROPY_MARGIN = 4096, /* ten broken blocks of 64 * 31 bits, and a refill behind them */
};

struct huffman {
    uint8_t source[16 + 256]; /* counts and values it was built from */
    unsigned values;
    uint32_t limit[17]; /* a 16-bit window below limit[n] begins with a code of <= n bits */
    int32_t offset[17]; /* from such a code to its value's index */
    uint16_t first[1 << ENTROPY_WINDOW]; /* code length << 8 | value; 0: a longer code, or none */
};

/* Symbols of a block's AC coefficients, as many as end in one window, to be passed over. */
struct skip_table {
    struct huffman huffman;
    /* From the lowest: bits of all, coefficients of all (SKIP_END added: the last one ends the
     * block); bits and coefficients of the first alone, likewise. 0: take the slow path. */
    uint32_t look[1 << ENTROPY_WINDOW];
};

enum { SKIP_END = 0x80 };

/* The same symbols one by one, to be read up to some coefficient and passed over from there. */
struct ac_table {
    struct skip_table skip;
    /* From the lowest: bits of code and value, at most AC_BITS_MAX; bits of the value; zeros before
     * it. AC_END: bits of a code that ends the block. AC_LONG: take the slow path. */
    uint32_t one[1 << ENTROPY_WINDOW];
};

enum { AC_SIZE_MAX = 10, AC_BITS_MAX = ENTROPY_WINDOW + AC_SIZE_MAX };
enum { AC_END = 1 << 24, AC_LONG = 2 << 24, AC_UNUSUAL = AC_END | AC_LONG };

/* Builds a table from a DHT's counts and values; cheap where it is the one built last. Values above
 * value_max are refused. 0 or STATUS_IMAGE_CORRUPT. */
int huffman_build(struct huffman *huffman, const struct jpeg_table *table, unsigned value_max);
int skip_table_build(struct skip_table *skip, const struct jpeg_table *table);
int ac_table_build(struct ac_table *ac, const struct jpeg_table *table);

/* The code at the front of a 16-bit window that is longer than ENTROPY_WINDOW: code length << 8 |
 * value, 0: there is no such code. */
unsigned huffman_long_code(const struct huffman *huffman, unsigned window16);

/* --- bits ---------------------------------------------------------------------------------------
 */

struct bit_reader {
    const uint8_t *at; /* next byte to load */
    uint64_t bits;     /* `count` valid ones from the top; below them, more or zeros */
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

/* n < 64 and no more than there are. */
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

/* The signed value that `size` bits mean (T.81, F.2.2.1, EXTEND); size 0 is 0. */
static _inline_ int bits_take_signed(struct bit_reader *reader, unsigned size)
{
    int negative = -(int)(~reader->bits >> 63); /* all ones where the top bit is clear */

    return (int)bits_take(reader, size) + (negative & (1 - (1 << size)));
}

/* The value behind a code that bits_symbol found; drops both. Both shifts start from the same bits,
 * so that the next code waits for one of them only. */
static _inline_ int bits_take_value(struct bit_reader *reader, unsigned symbol)
{
    unsigned length = symbol >> 8, size = symbol & 15;
    uint64_t bits = reader->bits << length;
    unsigned value = (unsigned)(bits >> 1 >> (63 - size));
    int negative = -(int)(~bits >> 63);

    bits_drop(reader, length + size);
    return (int)value + (negative & (1 - (1 << size)));
}

/* The value that ends the next `total` bits, of `size` bits itself, 0 < size <= total < 32. Drops
 * all. */
static _inline_ int bits_take_last(struct bit_reader *reader, unsigned total, unsigned size)
{
    unsigned all = (unsigned)(reader->bits >> (64 - total)), ones = (1U << size) - 1;
    unsigned value = all & ones, negative = (value >> (size - 1)) - 1; /* all ones: it is */

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
    const uint8_t *bytes; /* the scan's bytes without stuffing, as far as they were copied */
    const uint8_t *end;   /* of those up to the next restart marker */
    uint8_t *copy;        /* where the next go */
    const uint8_t *source, *source_end;
    const uint8_t *segment;                   /* where in the source those begin ... */
    const uint8_t *segment_copy;              /* ... and in the copy */
    unsigned restart_interval, until_restart; /* MCUs */
    unsigned next_restart;                    /* 0..7 */
};

/* Begins a scan; `memory` has room for its bytes and ENTROPY_MARGIN more. */
void scan_reader_begin(struct scan_reader *reader, const struct jpeg_scan *scan, uint8_t *memory);

/* Before each MCU of a scan with restarts: passes the marker where one is due (*restarted; the
 * caller resets its predictions). 0 or STATUS_IMAGE_CORRUPT: it is not there. */
int scan_reader_restart(struct scan_reader *reader, bool *restarted);

/* After the last MCU. 0 or STATUS_IMAGE_CORRUPT: the bytes had ended before. *end, unless it is
 * NULL: where in the scan's bytes the last code ends. Encoders, those in cameras above all, leave
 * filling behind it of any length. */
int scan_reader_finish(const struct scan_reader *reader, const uint8_t **end);

/* The bit it is at, counted from reader->bytes. */
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

/*
 * Passes over AC coefficients from number k on, to the end of the block. False: a code that is not
 * in the table, or more than 63 coefficients.
 */
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
        /* One symbol alone: a long code, or one that fills the block with others behind it. */
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
