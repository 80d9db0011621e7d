/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

/*
 * The one reader of boxes and their fields (ISO/IEC 14496-12, 4.2), which AVIF and HEIC consist of.
 * Nothing recurses: callers name each level. Any thread.
 */
#define HEIF_TYPE(a, b, c, d)                                                                      \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct heif_box {
    uint32_t type;
    struct bytes data; /* behind size and type; cut where its container ends */
    bool cut;
};

/* Takes the next box from *rest. False: none is left, or its size cannot be. */
bool heif_next_box(struct bytes *rest, struct heif_box *box);

/* The first box of that type in `container`. False: there is none, or not all of it. */
bool heif_find_box(struct bytes container, uint32_t type, struct heif_box *box);

/* Reads fields one after the other. Past the end it reads 0 and `failed` is set, for good. */
struct heif_fields {
    struct bytes bytes;
    size_t at;
    bool failed;
};

/* `size` bytes, 0 to 8, as a number, the most significant first. */
uint64_t heif_read(struct heif_fields *fields, unsigned size);
void heif_skip(struct heif_fields *fields, uint64_t size);

/* The fields of a full box: `version` is read, the 24 flags are returned (4.2.2). */
uint32_t heif_read_version(struct heif_fields *fields, unsigned *version);
