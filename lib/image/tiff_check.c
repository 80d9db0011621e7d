/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/tiff_check.h"

/* Classic TIFF in strips (TIFF 6.0; compression 8 and 32946 of its technical note 2). What is
 * unusual is left to libtiff: this only ever refuses. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/bytes.h"

#include <libdeflate.h>
#include <stdbool.h>

enum { TAG_WIDTH = 256, TAG_BITS = 258, TAG_COMPRESSION = 259, TAG_OFFSETS = 273, TAG_SAMPLES = 277,
       TAG_ROWS = 278, TAG_BYTES = 279, TAG_PLANES = 284 };
enum { TYPE_SHORT = 3, TYPE_LONG = 4, ENTRY_BYTES = 12, STRIP_MAX_BYTES = 256 << 20 };

struct tiff {
    struct bytes bytes;
    bool big_endian;
    size_t directory;
    unsigned entries;
};

/* The values of one tag; count 0: it is not there, or of a kind we do not take. */
struct values {
    size_t at;
    uint32_t count;
    bool is_short;
};

static uint32_t get16(const struct tiff *tiff, size_t at)
{
    return tiff->big_endian ? get_be16(tiff->bytes.data + at) : get_le16(tiff->bytes.data + at);
}

static uint32_t get32(const struct tiff *tiff, size_t at)
{
    return tiff->big_endian ? get_be32(tiff->bytes.data + at) : get_le32(tiff->bytes.data + at);
}

static bool open_tiff(struct tiff *tiff, const uint8_t *data, size_t size)
{
    *tiff = (struct tiff){.bytes = {data, size}};
    if (!bytes_have(tiff->bytes, 0, 8))
        return false;
    tiff->big_endian = data[0] == 'M';
    if (get16(tiff, 2) != 42)
        return false; /* BigTIFF */
    tiff->directory = get32(tiff, 4);
    if (!bytes_have(tiff->bytes, tiff->directory, 2))
        return false;
    tiff->entries = get16(tiff, tiff->directory);
    return bytes_have(tiff->bytes, tiff->directory + 2, (uint64_t)tiff->entries * ENTRY_BYTES);
}

static struct values find(const struct tiff *tiff, unsigned tag)
{
    for (unsigned i = 0; i < tiff->entries; i++) {
        size_t entry = tiff->directory + 2 + (size_t)i * ENTRY_BYTES;
        uint32_t type = get16(tiff, entry + 2);
        struct values values = {.at = entry + 8, .count = get32(tiff, entry + 4)};

        if (get16(tiff, entry) != tag)
            continue;
        if (type != TYPE_SHORT && type != TYPE_LONG)
            break;
        values.is_short = type == TYPE_SHORT;
        if ((uint64_t)values.count * (values.is_short ? 2 : 4) > 4)
            values.at = get32(tiff, values.at);
        if (bytes_have(tiff->bytes, values.at, (uint64_t)values.count * (values.is_short ? 2 : 4)))
            return values;
        break;
    }
    return (struct values){0};
}

static uint32_t value(const struct tiff *tiff, const struct values *values, uint32_t index)
{
    return values->is_short ? get16(tiff, values->at + (size_t)index * 2)
                            : get32(tiff, values->at + (size_t)index * 4);
}

static uint32_t first(const struct tiff *tiff, unsigned tag, uint32_t fallback)
{
    struct values values = find(tiff, tag);

    return values.count > 0 ? value(tiff, &values, 0) : fallback;
}

/* The bytes that a whole strip inflates to; 0 where that is nothing sensible. */
static size_t strip_bytes(const struct tiff *tiff)
{
    uint64_t samples = first(tiff, TAG_PLANES, 1) == 2 ? 1 : first(tiff, TAG_SAMPLES, 1);
    uint64_t row_bits = (uint64_t)first(tiff, TAG_WIDTH, 0) * first(tiff, TAG_BITS, 1);
    uint64_t rows = first(tiff, TAG_ROWS, 0);

    if (samples > 64 || row_bits > STRIP_MAX_BYTES || rows == 0 || rows > STRIP_MAX_BYTES)
        return 0;
    row_bits = (row_bits * samples + 7) / 8;
    return row_bits > STRIP_MAX_BYTES / rows ? 0 : (size_t)(row_bits * rows);
}

static void release(struct libdeflate_decompressor **inflater)
{
    if (*inflater != NULL)
        libdeflate_free_decompressor(*inflater);
}

int tiff_check(const uint8_t *data, size_t size)
{
    _cleanup_(release) struct libdeflate_decompressor *inflater = NULL;
    _cleanup_free_ uint8_t *scratch = NULL;
    struct values offsets, counts;
    struct tiff tiff;
    uint32_t compression;
    size_t capacity;

    if (!open_tiff(&tiff, data, size))
        return 0;
    compression = first(&tiff, TAG_COMPRESSION, 1);
    offsets = find(&tiff, TAG_OFFSETS);
    counts = find(&tiff, TAG_BYTES);
    capacity = strip_bytes(&tiff);
    if ((compression != 8 && compression != 32946) || offsets.count != counts.count ||
        capacity == 0 || (scratch = malloc(capacity)) == NULL ||
        (inflater = libdeflate_alloc_decompressor()) == NULL)
        return 0;
    for (uint32_t i = 0; i < offsets.count; i++) {
        uint32_t at = value(&tiff, &offsets, i), length = value(&tiff, &counts, i);
        size_t made;

        if (!bytes_have(tiff.bytes, at, length) ||
            libdeflate_zlib_decompress(inflater, data + at, length, scratch, capacity, &made) !=
                LIBDEFLATE_SUCCESS)
            return STATUS_IMAGE_CORRUPT;
    }
    return 0;
}
