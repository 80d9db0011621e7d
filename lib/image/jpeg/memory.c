/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/memory.h"

#include <stdlib.h>

/* Requests are rounded up to this: not necessarily the machine's pages. */
static const size_t page_bytes = 4096;

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
    if (memory[use].bytes != NULL && size <= memory[use].size)
        return memory[use].bytes;
    release(use);
    size = (size + size / 8 + page_bytes) & ~(page_bytes - 1);
    memory[use].bytes = aligned_alloc(64, size);
    if (memory[use].bytes != NULL)
        memory[use].size = size;
    return memory[use].bytes;
}

void jpeg_memory_trim(size_t kept)
{
    for (unsigned use = 0; use < MEMORY_USES; use++)
        if (memory[use].size > kept)
            release(use);
}

void jpeg_memory_free(void)
{
    for (unsigned use = 0; use < MEMORY_USES; use++)
        release(use);
}
