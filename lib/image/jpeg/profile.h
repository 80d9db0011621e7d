/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/result.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The ICC profile of a JPEG, which lies in up to 255 APP2 segments, each with its number and how
 * many there are (ICC.1, B.4). They may come in any order; if one is missing or there twice, or
 * they do not agree how many they are, there is no profile.
 */
enum { JPEG_PROFILE_CHUNKS_MAX = 255 };

struct jpeg_profile {
    unsigned chunks; /* that were found */
    unsigned count;  /* how many the last one said there are */
    struct {
        const uint8_t *data;
        size_t size;
    } chunk[JPEG_PROFILE_CHUNKS_MAX]; /* in order; data NULL where one is missing */
};

/* Adds what is in an APP2 segment, if that is a piece of a profile. The bytes are borrowed. Any
 * thread. */
void jpeg_profile_add(struct jpeg_profile *profile, const uint8_t *payload, size_t size);

/* The size of it put together; 0: there is none. */
size_t jpeg_profile_size(const struct jpeg_profile *profile);

/* Puts it together, in jpeg_memory(MEMORY_STREAM) where it has several pieces. NULL: there is none,
 * or with *size > 0 no memory. */
const uint8_t *jpeg_profile_bytes(const struct jpeg_profile *profile, size_t *size);

/* The same, only if it fits an image of so many components; else nothing is found. 0 or -ENOMEM. */
int jpeg_profile_find(const struct jpeg_profile *profile, unsigned components, struct bytes *found);

/* Puts a profile into the JPEG in *output, behind SOI and JFIF. One that is too large for a JPEG is
 * left out. 0 or STATUS_IMAGE_TOO_LARGE. */
int jpeg_profile_insert(const uint8_t *profile, size_t size, struct image_output *output);
