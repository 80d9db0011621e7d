/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * The one reader of TIFF's directories: of TIFF 6.0 (section 2) and BigTIFF files in both byte
 * orders, and of EXIF blocks (CIPA DC-008, 4.5.2), which have the same structure. It allocates
 * nothing and never reads outside of the input; what an entry means is up to its callers. Any
 * thread.
 */
enum tiff_type {
    TYPE_BYTE = 1,
    TYPE_ASCII,
    TYPE_SHORT,
    TYPE_LONG,
    TYPE_RATIONAL,
    TYPE_SBYTE,
    TYPE_UNDEFINED,
    TYPE_SSHORT,
    TYPE_SLONG,
    TYPE_SRATIONAL,
    TYPE_FLOAT,
    TYPE_DOUBLE,
    TYPE_LONG8 = 16,
    TYPE_UTF8 = 129, /* EXIF 3.0 */
};

struct tiff_bytes {
    struct bytes input;
    bool big_endian;
    bool big; /* BigTIFF: counts and offsets of 8 bytes */
};

struct tiff_directory {
    uint64_t at, left; /* offset of the next entry; entries from there on, as the file counts */
};

struct tiff_entry {
    uint16_t tag, type;
    uint64_t count;
    uint64_t at; /* offset of the values: in the entry if they fit, else anywhere */
};

/* Checks the magic bytes and finds the first directory. False: this is no TIFF. */
bool tiff_begin(struct tiff_bytes *tiff, struct bytes input, uint64_t *first_directory);

/* Begins the directory at `offset`. False: its count is not in the input. */
bool tiff_directory_begin(const struct tiff_bytes *tiff, uint64_t offset,
                          struct tiff_directory *directory);

/* The next entry. False: the directory or the input ends. */
bool tiff_next_entry(const struct tiff_bytes *tiff, struct tiff_directory *directory,
                     struct tiff_entry *entry);

/* Bytes of an entry. */
static inline unsigned tiff_entry_bytes(const struct tiff_bytes *tiff)
{
    return tiff->big ? 20 : 12;
}

/* Bytes of an offset, and of the values that fit an entry. */
static inline unsigned tiff_offset_bytes(const struct tiff_bytes *tiff)
{
    return tiff->big ? 8 : 4;
}

/* Bytes of one value of a type; 0: of a type that is not listed above. */
unsigned tiff_type_bytes(unsigned type);

/* The number of 1, 2, 4 or 8 bytes at `at`, which the caller has found to be in the input. */
uint64_t tiff_get(const struct tiff_bytes *tiff, uint64_t at, unsigned bytes);
