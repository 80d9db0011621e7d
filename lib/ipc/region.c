/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/region.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

static size_t round_to_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (size + page - 1) / page * page;
}

static int map_region(struct region *region)
{
    size_t size = region_bytes(region->input_capacity, region->output_capacity);
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, region->fd, 0);

    if (base == MAP_FAILED)
        return -errno;
    region->base = base;
    return 0;
}

int region_new(struct region *region, size_t input_capacity, size_t output_capacity)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    _cleanup_(region_clear) struct region fresh = REGION_NONE;
    int status;

    fresh.input_capacity = round_to_pages(input_capacity);
    fresh.output_capacity = round_to_pages(output_capacity);
    fresh.fd = memfd_create("grisaille-region", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fresh.fd < 0)
        return -errno;
    if (ftruncate(fresh.fd, (off_t)region_bytes(fresh.input_capacity, fresh.output_capacity)) != 0)
        return -errno;
    if (fcntl(fresh.fd, F_ADD_SEALS, seals) != 0)
        return -errno;
    status = map_region(&fresh);
    if (status != 0)
        return status;
    *region = fresh;
    fresh = REGION_NONE;
    return 0;
}

int region_attach(struct region *region, int fd, size_t input_capacity, size_t output_capacity)
{
    *region = (struct region){
        .fd = fd,
        .input_capacity = input_capacity,
        .output_capacity = output_capacity,
    };
    return map_region(region);
}

static void punch_hole(const struct region *region, size_t start, size_t capacity, size_t keep)
{
    if (keep < capacity)
        fallocate(region->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(start + keep),
                  (off_t)(capacity - keep));
}

void region_trim(const struct region *region, size_t keep)
{
    keep = round_to_pages(keep);
    punch_hole(region, JOB_BODY_BYTES, region->input_capacity, keep);
    punch_hole(region, JOB_BODY_BYTES + region->input_capacity, region->output_capacity, keep);
}

void region_clear(struct region *region)
{
    if (region->base != NULL)
        munmap(region->base, region_bytes(region->input_capacity, region->output_capacity));
    close_fd(region->fd);
    *region = REGION_NONE;
}
