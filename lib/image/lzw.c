/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/lzw.h"

#include "base/status.h"

/*
 * GIF89a appendix F. A code stands for a run of pixels; a new code is the run of the one before and
 * one pixel more. So the length of every run is known without any pixel.
 */
enum { MAX_CODE_BITS = 12, MAX_CODES = 1 << MAX_CODE_BITS, MIN_SIZE = 1, MAX_SIZE = 8, NO_CODE = -1 };

/* The codes' bits, gathered over sub-blocks of at most 255 bytes. */
struct bit_reader {
    struct bytes input;
    size_t at;                 /* next byte */
    unsigned block;            /* bytes left of the sub-block */
    uint32_t bits;
    unsigned count;
};

struct table {
    uint32_t length[MAX_CODES];
    unsigned clear, next, bits;
};

/* NO_CODE where the sub-blocks end. */
static int read_code(struct bit_reader *reader, unsigned width)
{
    unsigned code;

    while (reader->count < width) {
        if (reader->block == 0) {
            if (!bytes_have(reader->input, reader->at, 1) || reader->input.data[reader->at] == 0)
                return NO_CODE;
            reader->block = reader->input.data[reader->at++];
        }
        if (!bytes_have(reader->input, reader->at, 1))
            return NO_CODE;
        reader->bits |= (uint32_t)reader->input.data[reader->at++] << reader->count;
        reader->count += 8;
        reader->block--;
    }
    code = reader->bits & ((1u << width) - 1);
    reader->bits >>= width;
    reader->count -= width;
    return (int)code;
}

static void reset(struct table *table, unsigned size)
{
    table->next = table->clear + 2;
    table->bits = size + 1;
}

/* The code behind `previous` becomes known, while there is room. */
static void add(struct table *table, int previous)
{
    if (previous == NO_CODE || table->next == MAX_CODES)
        return;
    table->length[table->next++] = table->length[previous] + 1;
    if (table->next == 1u << table->bits && table->bits < MAX_CODE_BITS)
        table->bits++;
}

static int count_pixels(struct bit_reader *reader, unsigned size, uint64_t pixels)
{
    struct table table = {.clear = 1u << size};
    int code, previous = NO_CODE;
    uint64_t seen = 0;

    for (unsigned i = 0; i < table.clear; i++)
        table.length[i] = 1;
    reset(&table, size);
    while (seen < pixels) {
        code = read_code(reader, table.bits);
        if (code == NO_CODE || (unsigned)code == table.clear + 1)
            return STATUS_IMAGE_CORRUPT;
        if ((unsigned)code == table.clear) {
            reset(&table, size);
            previous = NO_CODE;
            continue;
        }
        add(&table, previous); /* first, for the code may be the one just learnt */
        if ((unsigned)code >= table.next)
            return STATUS_IMAGE_CORRUPT;
        seen += table.length[code];
        previous = code;
    }
    return 0;
}

/* Over what is left of the sub-blocks and their terminator. */
static int skip_rest(struct bit_reader *reader)
{
    uint64_t at = (uint64_t)reader->at + reader->block;

    while (bytes_have(reader->input, at, 1)) {
        uint8_t length = reader->input.data[at++];

        if (length == 0) {
            reader->at = (size_t)at;
            return 0;
        }
        at += length;
    }
    return STATUS_IMAGE_CORRUPT;
}

int lzw_check(struct bytes input, size_t *at, uint64_t pixels)
{
    struct bit_reader reader = {.input = input, .at = *at + 1};
    unsigned size;
    int status;

    if (!bytes_have(input, *at, 1))
        return STATUS_IMAGE_CORRUPT;
    size = input.data[*at];
    if (size < MIN_SIZE || size > MAX_SIZE)
        return STATUS_IMAGE_CORRUPT;
    status = count_pixels(&reader, size, pixels);
    if (status == 0)
        status = skip_rest(&reader);
    *at = reader.at;
    return status;
}
