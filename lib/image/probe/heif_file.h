/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * The items of an AVIF or HEIC (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12): which there are, where
 * their bytes lie, what refers to what. Nothing is copied or allocated: everything is looked up in
 * the file again, which is linear and bounded by HEIF_ITEMS_MAX. Any thread.
 */
enum {
    HEIF_ITEMS_MAX = 4096, /* of a photograph of 200 megapixels: 800 */
    HEIF_EXTENTS_MAX = 32, /* pieces of an item; usually one */
};

struct heif_file {
    struct bytes input;
    struct bytes items, locations, properties, references, data; /* iinf, iloc, iprp, iref, idat */
    uint32_t primary;                                            /* the item to show */
};

/* What an item's entry (infe) says. */
struct heif_entry {
    uint32_t type; /* such as HEIF_TYPE('a', 'v', '0', '1') */
    bool is_protected;
};

/* An item's bytes, in pieces that lie in the file. */
struct heif_data {
    unsigned count;
    struct bytes parts[HEIF_EXTENTS_MAX];
    size_t size;
};

/* The items that one item refers to, in order. */
struct heif_references {
    struct bytes ids;
    unsigned id_bytes; /* 2 or 4 */
    unsigned count;
};

/* 0; STATUS_IMAGE_CORRUPT: the file has no items to look up; STATUS_UNSUPPORTED_FORMAT: more items
 * than HEIF_ITEMS_MAX. */
int heif_file_open(struct heif_file *file, struct bytes input);

/* False: there is no such item. */
bool heif_find_entry(const struct heif_file *file, uint32_t id, struct heif_entry *entry);

/* 0; STATUS_IMAGE_CORRUPT: some of it is not in the file; STATUS_UNSUPPORTED_FORMAT: it lies in
 * another file or within another item. */
int heif_find_data(const struct heif_file *file, uint32_t id, struct heif_data *data);

/* What item `from` refers to by references of `type`. False: nothing. */
bool heif_find_references(const struct heif_file *file, uint32_t from, uint32_t type,
                          struct heif_references *references);
uint32_t heif_reference(const struct heif_references *references, unsigned index);

/* The next item, after `*at` references of that type, that refers to item `to`. Begin with 0.
 * False: no more. */
bool heif_find_referrer(const struct heif_file *file, uint32_t type, uint32_t to, unsigned *at,
                        uint32_t *from);
