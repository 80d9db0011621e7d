/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/job.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The memory that a server and one worker share: an anonymous file (memfd) of JOB_BODY_BYTES for a
 * job's body, input_capacity bytes for its input, then output_capacity bytes for its output. Sealed
 * against resizing: a worker that could truncate it would make its server die of SIGBUS. Sparse:
 * pages are allocated on use, stay warm between jobs, and are given back after a while without use.
 */
struct region {
    int fd;        /* close-on-exec; -1: no region */
    uint8_t *base; /* mapped for reading and writing; NULL where not mapped */
    size_t input_capacity, output_capacity; /* multiples of the page size */
};

#define REGION_NONE ((struct region){.fd = -1})

/* Creates, seals and maps one; capacities are rounded up to whole pages. 0 or -errno, region
 * untouched. Any thread. */
int region_new(struct region *region, size_t input_capacity, size_t output_capacity);

/* The worker's side: maps the memory behind `fd`, which the region then owns. 0 or -errno. */
int region_attach(struct region *region, int fd, size_t input_capacity, size_t output_capacity);

/* Of all parts. */
static inline size_t region_bytes(size_t input_capacity, size_t output_capacity)
{
    return JOB_BODY_BYTES + input_capacity + output_capacity;
}

static inline uint8_t *region_body(const struct region *region)
{
    return region->base;
}

static inline uint8_t *region_input(const struct region *region)
{
    return region->base + JOB_BODY_BYTES;
}

static inline uint8_t *region_output(const struct region *region)
{
    return region_input(region) + region->input_capacity;
}

/* Gives back the pages of input and output beyond the first `keep` bytes of each. */
void region_trim(const struct region *region, size_t keep);

/* Unmaps and closes; *region is REGION_NONE afterwards. */
void region_clear(struct region *region);
