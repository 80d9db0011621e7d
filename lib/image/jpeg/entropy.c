/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/entropy.h"

#include "base/status.h"
#include "image/probe/jpeg_segments.h"

/*
 * Half of the time of decoding a JPEG is spent on Huffman codes, one after the other. Where their
 * values are not needed (all of them for gray, the high frequencies for a smaller image) this skips
 * several at once: a table says how many whole coefficients a window of 11 bits holds.
 */

/* Lengths, limits and offsets of the canonical code (T.81, annex C). */
static int build_limits(struct huffman *huffman, unsigned value_max)
{
    const uint8_t *counts = huffman->source;
    uint32_t code = 0;
    unsigned index = 0;

    huffman->limit[0] = 0;
    for (unsigned length = 1; length <= 16; length++) {
        unsigned count = counts[length - 1];

        huffman->offset[length] = (int32_t)index - (int32_t)code;
        code += count;
        index += count;
        if (code > 1U << length)
            return STATUS_IMAGE_CORRUPT;
        huffman->limit[length] = code << (16 - length);
        code <<= 1;
    }
    for (unsigned i = 0; i < huffman->values; i++)
        if (huffman->source[16 + i] > value_max)
            return STATUS_IMAGE_CORRUPT;
    return 0;
}

/* huffman.first: the first code of each window. */
static void build_first(struct huffman *huffman)
{
    const uint8_t *value = huffman->source + 16;
    uint16_t *at = huffman->first;

    memset(huffman->first, 0, sizeof(huffman->first));
    for (unsigned length = 1; length <= ENTROPY_WINDOW; length++)
        for (unsigned n = huffman->source[length - 1]; n > 0; n--, value++)
            for (unsigned i = 1U << (ENTROPY_WINDOW - length); i > 0; i--)
                *at++ = (uint16_t)(length << 8 | *value);
}

static bool is_built(const struct huffman *huffman, const struct jpeg_table *table)
{
    return huffman->values == table->values &&
           memcmp(huffman->source, table->counts, 16 + table->values) == 0;
}

int huffman_build(struct huffman *huffman, const struct jpeg_table *table, unsigned value_max)
{
    int status;

    if (table->counts == NULL || table->values == 0)
        return STATUS_IMAGE_CORRUPT;
    if (is_built(huffman, table))
        return 0;
    memcpy(huffman->source, table->counts, 16 + table->values);
    huffman->values = table->values;
    status = build_limits(huffman, value_max);
    if (status == 0)
        build_first(huffman);
    else
        huffman->values = 0; /* no table */
    return status;
}

/* skip_table.look for one window. All codes lie inside it; the last one's value may reach beyond,
 * since it is only skipped. */
static uint32_t build_look(const struct huffman *huffman, unsigned window)
{
    unsigned bits = 0, coefficients = 0, first = 0;

    while (bits < ENTROPY_WINDOW) {
        unsigned rest = window << bits & ((1U << ENTROPY_WINDOW) - 1);
        unsigned symbol = huffman->first[rest];
        unsigned length = symbol >> 8, size = symbol & 15, run = symbol >> 4 & 15;
        bool end = size == 0 && run != 15;

        if (symbol == 0 || bits + length > ENTROPY_WINDOW)
            break;
        if (!end && coefficients + run + 1 > 63)
            break; /* more than a block has */
        bits += length + size;
        coefficients += end ? SKIP_END : run + 1;
        if (first == 0)
            first = coefficients << 8 | bits;
        if (end)
            break;
    }
    return first << 16 | coefficients << 8 | bits;
}

int skip_table_build(struct skip_table *skip, const struct jpeg_table *table)
{
    int status;

    if (table->counts != NULL && table->values > 0 && is_built(&skip->huffman, table))
        return 0;
    status = huffman_build(&skip->huffman, table, 255);
    if (status != 0)
        return status;
    for (unsigned window = 0; window < 1U << ENTROPY_WINDOW; window++)
        skip->look[window] = build_look(&skip->huffman, window);
    return 0;
}

/* ac_table.one for one window. */
static uint32_t build_one(const struct huffman *huffman, unsigned window)
{
    unsigned symbol = huffman->first[window];
    unsigned length = symbol >> 8, size = symbol & 15, run = symbol >> 4 & 15;

    if (symbol == 0 || size > AC_SIZE_MAX || (size == 0 && run == 15))
        return AC_LONG;
    return size == 0 ? AC_END | length : run << 16 | size << 8 | (length + size);
}

int ac_table_build(struct ac_table *ac, const struct jpeg_table *table)
{
    int status;

    if (table->counts != NULL && table->values > 0 && is_built(&ac->skip.huffman, table))
        return 0;
    status = skip_table_build(&ac->skip, table);
    for (unsigned window = 0; status == 0 && window < 1U << ENTROPY_WINDOW; window++)
        ac->one[window] = build_one(&ac->skip.huffman, window);
    return status;
}

unsigned huffman_long_code(const struct huffman *huffman, unsigned window16)
{
    for (unsigned length = ENTROPY_WINDOW + 1; length <= 16; length++) {
        if (window16 < huffman->limit[length]) {
            int32_t index = (int32_t)(window16 >> (16 - length)) + huffman->offset[length];

            return length << 8 | huffman->source[16 + index];
        }
    }
    return 0;
}

/* Copies the bytes before the next restart marker or the end of the scan, without stuffing. */
static void copy_segment(struct scan_reader *reader)
{
    const uint8_t *from = reader->source, *end = reader->source_end;
    uint8_t *to = reader->copy;

    reader->segment = from;
    reader->segment_copy = to;
    while (from < end) {
        const uint8_t *marker = memchr(from, 0xff, (size_t)(end - from));
        size_t length = (size_t)((marker == NULL ? end : marker) - from);

        memcpy(to, from, length);
        to += length;
        from += length;
        if (end - from < 2)
            from = end;
        else if (from[1] == 0)
            *to++ = 0xff, from += 2;
        else if (from[1] == 0xff)
            from++;
        else
            break;
    }
    memset(to, 0, ENTROPY_MARGIN);
    reader->end = to;
    reader->copy = to;
    reader->source = from;
}

void scan_reader_begin(struct scan_reader *reader, const struct jpeg_scan *scan, uint8_t *memory)
{
    *reader = (struct scan_reader){
        .bytes = memory,
        .copy = memory,
        .source = scan->data,
        .source_end = scan->end,
        .restart_interval = scan->restart_interval,
        .until_restart = scan->restart_interval,
    };
    reader->bits.at = memory;
    copy_segment(reader);
}

int scan_reader_restart(struct scan_reader *reader, bool *restarted)
{
    *restarted = false;
    if (reader->restart_interval == 0 || reader->until_restart-- > 0)
        return 0;
    if (reader->source_end - reader->source < 2 ||
        reader->source[1] != JPEG_RST0 + reader->next_restart)
        return STATUS_IMAGE_CORRUPT;
    reader->source += 2;
    reader->next_restart = (reader->next_restart + 1) & 7;
    reader->until_restart = reader->restart_interval - 1;
    reader->bits = (struct bit_reader){.at = reader->copy};
    copy_segment(reader);
    *restarted = true;
    return 0;
}

/* Where the first `count` bytes of the current segment end in the source. 0xff without a stuffed
 * zero is fill before a marker (T.81, B.1.1.2) and not counted. */
static const uint8_t *find_in_source(const struct scan_reader *reader, size_t count)
{
    const uint8_t *from = reader->segment;

    while (count > 0 && reader->source - from >= 2) {
        const bool stuffed = from[0] == 0xff && from[1] == 0;

        count -= from[0] != 0xff || stuffed;
        from += stuffed ? 2 : 1;
    }
    return from + count;
}

int scan_reader_finish(const struct scan_reader *reader, const uint8_t **end)
{
    size_t position = reader_position(reader, &reader->bits);
    size_t bytes = (position + 7) / 8 - (size_t)(reader->segment_copy - reader->bytes);

    if (reader_is_past_end(reader, &reader->bits))
        return STATUS_IMAGE_CORRUPT;
    if (end == NULL)
        return 0;
    if (bytes < (size_t)(reader->end - reader->segment_copy)) {
        *end = find_in_source(reader, bytes);
        return 0;
    }
    *end = reader->source; /* the usual case, without a search */
    while (*end > reader->segment && (*end)[-1] == 0xff)
        --*end;
    return 0;
}
