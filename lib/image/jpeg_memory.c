/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_memory.h"

#include <stdlib.h>

/* What one use may keep while there is no job: that of a picture of some 12 megapixels. */
static const size_t kept_bytes = 8 << 20;

static struct {
    void *bytes;
    size_t size;
} memory[MEMORY_USES];

static void release(enum memory_use use)
{
    free(memory[use].bytes);
    memory[use].bytes = NULL;
    memory[use].size = 0;
}

void *jpeg_memory(enum memory_use use, size_t size)
{
    if (size <= memory[use].size)
        return memory[use].bytes;
    release(use);
    size = (size + size / 8 + 4095) & ~(size_t)4095;
    memory[use].bytes = aligned_alloc(64, size);
    if (memory[use].bytes != NULL)
        memory[use].size = size;
    return memory[use].bytes;
}

void jpeg_memory_trim(void)
{
    for (unsigned use = 0; use < MEMORY_USES; use++)
        if (memory[use].size > kept_bytes)
            release(use);
}

void jpeg_memory_free(void)
{
    for (unsigned use = 0; use < MEMORY_USES; use++)
        release(use);
}
