/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cgroup.h"

/*
 * A limit may be that of any group between ours and the root. A container without a namespace of
 * its own for groups sees a path that is the host's and does not exist where the groups are
 * mounted: the walk to the root then ends at the container's own group.
 */
#include "base/cleanup.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* From here on a limit of version 1 means none: it is what fits the kernel's counter of pages. */
static const uint64_t unlimited_v1 = UINT64_C(1) << 60;

struct limit_source {
    const char *root;
    const char *controller; /* of version 1 */
    /* The limit of the group in `folder`; UINT64_MAX: none. */
    uint64_t (*read)(const char *folder, bool v2);
};

static void cleanup_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

/* One or two numbers; "max" is UINT64_MAX. Returns how many there are. */
static int read_numbers(const char *folder, const char *name, uint64_t numbers[static 2])
{
    char path[PATH_MAX], words[2][32] = {"", ""};
    _cleanup_(cleanup_file) FILE *file = NULL;
    int count, read = 0;

    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
        return 0;
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    count = fscanf(file, "%31s %31s", words[0], words[1]);
    for (; read < count; read++) {
        unsigned long long number;

        if (strcmp(words[read], "max") == 0)
            numbers[read] = UINT64_MAX;
        else if (words[read][0] != '-' && sscanf(words[read], "%llu", &number) == 1)
            numbers[read] = number;
        else
            break;
    }
    return read;
}

/* In thousandths of a CPU. */
static uint64_t read_cpus(const char *folder, bool v2)
{
    uint64_t numbers[2], period[2];

    if (v2) {
        if (read_numbers(folder, "cpu.max", numbers) != 2)
            return UINT64_MAX;
        period[0] = numbers[1];
    } else if (read_numbers(folder, "cpu.cfs_quota_us", numbers) != 1 ||
               read_numbers(folder, "cpu.cfs_period_us", period) != 1) {
        return UINT64_MAX; /* -1: no quota */
    }
    if (numbers[0] >= UINT64_MAX / 1000 || period[0] == 0)
        return UINT64_MAX;
    return numbers[0] * 1000 / period[0];
}

static uint64_t read_memory(const char *folder, bool v2)
{
    uint64_t numbers[2];

    if (read_numbers(folder, v2 ? "memory.max" : "memory.limit_in_bytes", numbers) != 1 ||
        numbers[0] >= unlimited_v1)
        return UINT64_MAX;
    return numbers[0];
}

/* The least limit of the group at `path` and those around it, which are mounted at `mount`. */
static uint64_t least_up_to_root(const struct limit_source *source, const char *mount, char *path,
                                 bool v2)
{
    uint64_t least = UINT64_MAX;
    char folder[PATH_MAX];

    for (;;) {
        char *slash = strrchr(path, '/');

        if (snprintf(folder, sizeof(folder), "%s%s/%s", source->root, mount, path) <
            (int)sizeof(folder)) {
            uint64_t limit = source->read(folder, v2);

            least = limit < least ? limit : least;
        }
        if (*path == '\0')
            return least;
        path[slash != NULL ? slash - path : 0] = '\0';
    }
}

static bool is_listed(const char *names, const char *name)
{
    const size_t length = strlen(name);

    for (; *names != '\0'; names += strcspn(names, ","), names += *names == ',') {
        if (strncmp(names, name, length) == 0 && (names[length] == ',' || names[length] == '\0'))
            return true;
    }
    return false;
}

/* A line of /proc/self/cgroup is "4:cpu,cpuacct:/path"; of version 2 "0::/path". */
static uint64_t find_limit(const struct limit_source *source)
{
    char line[PATH_MAX], name[PATH_MAX];
    _cleanup_(cleanup_file) FILE *file = NULL;
    uint64_t least = UINT64_MAX;

    snprintf(name, sizeof(name), "%s/proc/self/cgroup", source->root);
    file = fopen(name, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *names = strchr(line, ':'), *path = names != NULL ? strchr(names + 1, ':') : NULL;
        uint64_t limit = UINT64_MAX;

        if (path == NULL)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        names++;
        snprintf(name, sizeof(name), "/sys/fs/cgroup/%s", source->controller);
        if (*names == '\0')
            limit = least_up_to_root(source, "/sys/fs/cgroup", path, true);
        else if (is_listed(names, source->controller))
            limit = least_up_to_root(source, name, path, false);
        least = limit < least ? limit : least;
    }
    return least;
}

unsigned cgroup_cpus(const char *root)
{
    const struct limit_source source = {root, "cpu", read_cpus};
    const uint64_t thousandths = find_limit(&source);

    if (thousandths == UINT64_MAX || thousandths / 1000 > UINT_MAX)
        return 0;
    return thousandths < 1000 ? 1 : (unsigned)(thousandths / 1000);
}

uint64_t cgroup_memory_bytes(const char *root)
{
    const struct limit_source source = {root, "memory", read_memory};

    return find_limit(&source);
}
