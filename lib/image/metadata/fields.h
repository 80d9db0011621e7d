/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/tiff_directory.h"

#include <stdbool.h>

/*
 * Directories of a TIFF or an EXIF block in the making (TIFF 6.0, section 2; CIPA DC-008, 4.6.3):
 * fields are collected, and then written, sorted, each with its value behind its directory. Nothing
 * is written that was not collected, so no thumbnail and no slack comes along.
 *
 * Big (40 KB): made on the heap. One thread.
 */
enum tiff_directory_kind { DIRECTORY_IMAGE, DIRECTORY_EXIF, DIRECTORY_GPS, DIRECTORY_INTEROP };

enum { DIRECTORY_KINDS = DIRECTORY_INTEROP + 1, DIRECTORY_FIELDS_MAX = 256 };

struct tiff_field {
    uint16_t tag, type;
    enum { FIELD_VALUES, FIELD_NUMBER, FIELD_STORED, FIELD_PINNED, FIELD_DIRECTORY } source;
    uint32_t count;
    struct bytes values;         /* VALUES: `count` of the type, in the source's byte order;
                                  * STORED: the last four bytes of an entry, as they are;
                                  * PINNED: what the target has there already */
    uint32_t number;             /* NUMBER: one SHORT or LONG */
    enum tiff_directory_kind to; /* DIRECTORY: what the field points to */
};

struct tiff_fields {
    bool big_endian; /* the source's byte order */
    struct {
        unsigned count;
        struct tiff_field fields[DIRECTORY_FIELDS_MAX];
    } directories[DIRECTORY_KINDS];
};

/* Where directories are written. */
struct tiff_fields_target {
    uint8_t *data;
    size_t size, capacity; /* size: of what is there already */
    bool big_endian;
    size_t pinned, pinned_end; /* bytes that are there already, further on; none: 0 */
};

/* The directory that a field of `from` points to, by its tag. False: none. */
bool tiff_points_to(enum tiff_directory_kind from, unsigned tag, enum tiff_directory_kind *to);

/* Adds a field. Ignored if the directory has one of its tag, or is full. */
void tiff_fields_add(struct tiff_fields *fields, enum tiff_directory_kind directory,
                     const struct tiff_field *field);

/* The same of one number. */
void tiff_fields_add_number(struct tiff_fields *fields, enum tiff_directory_kind directory,
                            unsigned tag, enum tiff_type type, uint32_t number);

/* Adds what points to those directories that have fields. */
void tiff_fields_link(struct tiff_fields *fields);

/* At most as many bytes as tiff_fields_write adds. */
size_t tiff_fields_bytes(const struct tiff_fields *fields);

/* Writes the first directory, followed by the one at offset `next`, and those that it points to.
 * Its offset; 0: there is no room. */
size_t tiff_fields_write(const struct tiff_fields *fields, struct tiff_fields_target *target,
                         uint32_t next);
