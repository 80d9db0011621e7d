/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/*
 * Working memory that stays from job to job: fresh pages cost more than most of what is done with
 * them. One thread.
 */
enum memory_use {
    MEMORY_SCAN,         /* a scan's bytes without stuffing */
    MEMORY_ROWS,         /* luma blocks of an MCU row; coefficients; rows of chroma */
    MEMORY_HISTORY,      /* which coefficients of each block are not zero */
    MEMORY_COEFFICIENTS, /* of a progressive image */
    MEMORY_PLANES,
    MEMORY_REDUCERS,
    MEMORY_TURNED,
    MEMORY_STREAM, /* a JPEG that is made into another */
    MEMORY_USES
};

/* At least `size` bytes, aligned to 64, with whatever was in them; valid until the next call for
 * the same use. NULL: there is no memory, which is not said of a size of 0. */
void *jpeg_memory(enum memory_use use, size_t size);

/* Gives back whatever is larger than `kept` bytes. */
void jpeg_memory_trim(size_t kept);

void jpeg_memory_free(void);
