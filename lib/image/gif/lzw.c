/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/lzw.h"

#include "base/status.h"
#include "image/core/multiversion.h"

/*
 * GIF89a appendix F. A code stands for a run of pixels. A new code is the run of the code before
 * and one pixel more, so it lies in the decoded pixels themselves, where that run was written last:
 * learning a code takes a place and a length, reading one a copy.
 */
enum {
    MAX_CODE_BITS = 12,
    MAX_CODES = 1 << MAX_CODE_BITS,
    MIN_SIZE = 1,
    MAX_SIZE = 8,
    NO_CODE = MAX_CODES,
    COPY_BYTES = LZW_SLACK,
};

/* Reads codes from sub-blocks of at most 255 bytes. */
struct code_reader {
    const uint8_t *at, *end;
    size_t block; /* bytes left of the sub-block */
    uint64_t bits;
    unsigned count;
};

struct pixel_run {
    size_t at, length; /* in the pixels */
};

struct code_table {
    struct pixel_run runs[MAX_CODES];
    unsigned clear, next, bits;
};

/* False: the sub-blocks have ended. */
static bool next_byte(struct code_reader *reader)
{
    if (reader->block == 0 && reader->at < reader->end)
        reader->block = *reader->at++;
    if (reader->block == 0 || reader->at >= reader->end)
        return false;
    reader->bits |= (uint64_t)*reader->at++ << reader->count;
    reader->count += 8;
    reader->block--;
    return true;
}

/* Loads four bytes at a time while the sub-block has as many. */
static _inline_ unsigned read_code(struct code_reader *reader, unsigned width)
{
    unsigned code;

    if (reader->count < width) {
        if (reader->block >= 4 && reader->end - reader->at >= 4) {
            reader->bits |= (uint64_t)get_le32(reader->at) << reader->count;
            reader->at += 4;
            reader->block -= 4;
            reader->count += 32;
        }
        while (reader->count < width) {
            if (!next_byte(reader))
                return NO_CODE;
        }
    }
    code = (unsigned)reader->bits & ((1U << width) - 1);
    reader->bits >>= width;
    reader->count -= width;
    return code;
}

static void clear_table(struct code_table *table, unsigned size)
{
    table->next = table->clear + 2;
    table->bits = size + 1;
}

/* Adds a code for `previous` and the pixel after it, while there is room. */
static _inline_ void learn_code(struct code_table *table, struct pixel_run previous)
{
    if (previous.length == 0 || table->next == MAX_CODES)
        return;
    table->runs[table->next++] = (struct pixel_run){previous.at, previous.length + 1};
    if (table->next == 1U << table->bits && table->bits < MAX_CODE_BITS)
        table->bits++;
}

/* A run may overlap its copy. */
static _inline_ void copy_run(uint8_t *to, const uint8_t *from, size_t length)
{
    if ((size_t)(to - from) < COPY_BYTES) {
        for (size_t i = 0; i < length; i++)
            to[i] = from[i];
        return;
    }
    for (size_t i = 0; i < length; i += COPY_BYTES)
        memcpy(to + i, from + i, COPY_BYTES);
}

/* `to` may be NULL, to check only. */
static _inline_ int decode_codes(struct code_reader *reader, unsigned size, uint64_t pixels,
                                 uint8_t *to)
{
    struct pixel_run previous = {0};
    struct code_table table;
    size_t seen = 0;

    table.clear = 1U << size;
    clear_table(&table, size);
    while (seen < pixels) {
        unsigned code = read_code(reader, table.bits);
        size_t length = 1;

        if (code == table.clear) {
            clear_table(&table, size);
            previous.length = 0;
            continue;
        }
        if (code == NO_CODE || code == table.clear + 1)
            return STATUS_IMAGE_CORRUPT;
        learn_code(&table, previous); /* first, since `code` may be the new one */
        if (code >= table.next)
            return STATUS_IMAGE_CORRUPT;
        if (code > table.clear) {
            length = table.runs[code].length;
            if (length > pixels - seen)
                length = pixels - seen;
            if (to != NULL)
                copy_run(to + seen, to + table.runs[code].at, length);
        } else if (to != NULL) {
            to[seen] = (uint8_t)code;
        }
        previous = (struct pixel_run){seen, length};
        seen += length;
    }
    return 0;
}

/* False: the code size is missing or invalid. */
static bool begin_codes(struct bytes input, size_t at, struct code_reader *reader, unsigned *size)
{
    if (!bytes_have(input, at, 1))
        return false;
    *size = input.data[at];
    *reader = (struct code_reader){.at = input.data + at + 1, .end = input.data + input.size};
    return *size >= MIN_SIZE && *size <= MAX_SIZE;
}

_multiversion_ int lzw_read(struct bytes input, size_t at, size_t pixels, uint8_t *to)
{
    struct code_reader reader;
    unsigned size;

    if (!begin_codes(input, at, &reader, &size))
        return STATUS_IMAGE_CORRUPT;
    return decode_codes(&reader, size, pixels, to);
}

_multiversion_ int lzw_check(struct bytes input, size_t at, uint64_t pixels)
{
    struct code_reader reader;
    unsigned size;

    if (!begin_codes(input, at, &reader, &size))
        return STATUS_IMAGE_CORRUPT;
    return decode_codes(&reader, size, pixels, NULL);
}
