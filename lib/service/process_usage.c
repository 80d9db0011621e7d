/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/process_usage.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Of proc_pid_stat(5). */
void process_usage_read_memory(struct process_usage *usage)
{
    FILE *file = fopen("/proc/self/stat", "re");
    unsigned long threads, started_ticks, virtual_bytes, resident_pages;
    struct timespec cpu = {0};

    *usage = (struct process_usage){0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    usage->cpu_us = cpu.tv_sec * 1000000 + cpu.tv_nsec / 1000;
    if (file == NULL)
        return;
    if (fscanf(file,
               "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
               "%lu %*d %lu %lu %lu",
               &threads, &started_ticks, &virtual_bytes, &resident_pages) == 4) {
        usage->threads = threads;
        usage->started_us = (int64_t)((double)started_ticks * 1e6 / (double)sysconf(_SC_CLK_TCK));
        usage->virtual_bytes = virtual_bytes;
        usage->resident_bytes = (uint64_t)resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
    }
    fclose(file);
}

static uint64_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    uint64_t count = 0;

    if (folder == NULL)
        return 0;
    /* cppcheck-suppress readdirCalled; NOLINTNEXTLINE(concurrency-mt-unsafe): its own stream */
    while ((entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count > 0 ? count - 1 : 0;
}

void process_usage_read(struct process_usage *usage)
{
    struct rlimit limit;

    process_usage_read_memory(usage);
    usage->open_fds = count_descriptors();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        usage->max_fds = limit.rlim_cur;
}
